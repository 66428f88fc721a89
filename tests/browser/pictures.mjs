// The README's pictures: the quickstart with the real MiniLM in a real JupyterLab, both themes. `make pictures`.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openLab, startBrowser } from "./browser.mjs";
import { startLab } from "./lab.mjs";
import { ask, openNotebook, runAll, setTheme } from "./notebook.mjs";
import { nodes, row, views, widget } from "./tree.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const examples = join(here, "../../examples");
const target = join(here, "../../docs/images");

const lab = await startLab(resolve(process.env.VENV || join(here, "../../.venv")));
let context;
try {
  cpSync(join(examples, "minilm.py"), join(lab.root, "minilm.py"));
  writeFileSync(join(lab.root, "01_quickstart.ipynb"), withoutOutputs(join(examples, "01_quickstart.ipynb")));
  context = await startBrowser(lab.profile, { deviceScaleFactor: 1.5, viewport: { width: 1180, height: 1200 } });
  const { page } = await openLab(context, lab);
  page.setDefaultTimeout(60_000);
  await openNotebook(page, "01_quickstart");
  await runAll(page);
  const tree = views(page).first();
  const key = "encoder.layer.0.attention.self";
  await ask(page, `report.widget.select("${key}")`);
  await row(tree, key).waitFor();
  await nodes(page).nth(12).click();
  await page.locator(".det .kv").first().waitFor();
  for (const theme of ["Light", "Dark"]) {
    await setTheme(page, theme);
    await widget(page).scrollIntoViewIfNeeded();
    await page.mouse.move(0, 0);
    await page.waitForTimeout(400); // JupyterLab's own colours fade
    await widget(page).screenshot({ path: join(target, `hierarchy-${theme.toLowerCase()}.png`) });
  }
} finally {
  await context?.close();
  await lab.stop();
}

// A saved widget brings the styles of the bundle that it was saved with, and those would be in the picture.
function withoutOutputs(path) {
  const notebook = JSON.parse(readFileSync(path, "utf8"));
  delete notebook.metadata.widgets;
  for (const cell of notebook.cells) if (cell.cell_type === "code") cell.outputs = [];
  return JSON.stringify(notebook);
}
