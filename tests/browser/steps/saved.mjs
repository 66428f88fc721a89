// A notebook that somebody else ran and saved, opened by a reader whose kernel ran
// nothing: untrusted, then trusted.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadLab } from "../browser.mjs";
import { openNotebook, shutDown } from "../notebook.mjs";
import { HTML_NAME, nodes, press, row, untilFocused, views, widget } from "../tree.mjs";

// The very script that saves the examples.
const RUN_NOTEBOOKS = fileURLToPath(new URL("../../../scripts/run_notebooks.py", import.meta.url));

export async function saved({ page, lab, report }) {
  lab.python(RUN_NOTEBOOKS, "saved.ipynb");

  await openNotebook(page, "saved");
  await report.check(page, "untrusted: the tree without script", async () => {
    const output = page.locator(".jp-OutputArea-output", { has: page.locator("details") });
    const text = await output.textContent();
    for (const name of ["TinyBert", "embeddings", HTML_NAME]) assert.ok(text.includes(name), `no ${name} in it`);
    assert.equal(await views(page).count(), 0, "the live widget ran in an untrusted notebook");
    await report.picture(page, "saved-untrusted");
  });
  await shutDown(page);

  lab.python("-m", "jupyter", "trust", "saved.ipynb");
  await loadLab(page, lab);
  await openNotebook(page, "saved");
  const view = views(page).first();
  await report.check(page, "trusted: the live widget from its saved state", async () => {
    await row(view, "").click();
    await untilFocused(page, "");
    await press(page, "ArrowDown", "embeddings");
    await report.picture(page, "saved-trusted");
  });

  await report.check(page, "trusted: the details of a node say that they need its kernel", async () => {
    await row(view, "pooler").click();
    await nodes(page).first().click();
    await widget(page).getByText("need a running kernel").waitFor();
  });
  await shutDown(page);
}
