// The README's pictures, with the real MiniLM in a real JupyterLab. `make pictures`.
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

const COMPARE = [
  `%load_ext modelexport_nb
from minilm import load_minilm
model, tokenizer = load_minilm()
inputs = tokenizer(["The cat sleeps on the sofa.", "Shares dropped on Wall Street."], padding=True, return_tensors="pt")`,
  "c = %modelexport compare model inputs",
  "c",
];

const lab = await startLab(resolve(process.env.VENV || join(here, "../../.venv")));
let context;
try {
  cpSync(join(examples, "minilm.py"), join(lab.root, "minilm.py"));
  cpSync(join(examples, "learning.py"), join(lab.root, "learning.py"));
  writeFileSync(join(lab.root, "01_quickstart.ipynb"), withoutOutputs(join(examples, "01_quickstart.ipynb")));
  writeFileSync(join(lab.root, "compare.ipynb"), notebook(COMPARE));
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
    await take(page, widget(page), `hierarchy-${theme.toLowerCase()}`);
  }
  await widget(page).getByRole("button", { name: "Close", exact: true }).last().click();
  await ask(page, `report.widget.select("${key}"); report.widget.tab = "source"`);
  await widget(page).getByText("attention_interface").first().waitFor();
  await take(page, widget(page), "source-dark");
  await setTheme(page, "Light");
  await ask(page, 'report.widget.select("encoder.layer.0"); report.widget.tab = "graph"');
  await widget(page).getByRole("tabpanel").getByText("intermediate", { exact: true }).waitFor();
  await take(page, widget(page), "graph-light");

  await openNotebook(page, "compare");
  await runAll(page);
  const comparison = page.locator('[role="group"]:has(> * [role="treegrid"])').last();
  await comparison.waitFor();
  await ask(page, 'c.widget.selected = "encoder.layer.1.attention.self"');
  await take(page, comparison, "compare-light");
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

function notebook(sources) {
  const cells = sources.map((source, at) => ({
    cell_type: "code",
    id: `cell-${at}`,
    metadata: {},
    outputs: [],
    execution_count: null,
    source,
  }));
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  return JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}

async function take(page, shown, name) {
  await shown.scrollIntoViewIfNeeded();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(600); // JupyterLab's own colours fade
  await shown.screenshot({ path: join(target, `${name}.png`) });
}
