// A module may bear any name: the page shows it and never runs it.
import assert from "node:assert/strict";
import { ask } from "../notebook.mjs";
import { HTML_NAME, nodes, row, views } from "../tree.mjs";

export async function escaping({ page, report }) {
  await report.check(page, "a module name that is HTML shows as text", async () => {
    const select = `from tiny_bert import HTML_NAME; r.widget.selected = HTML_NAME`;
    assert.equal(await ask(page, select), "");
    const shown = row(views(page).first(), HTML_NAME);
    await shown.getByText(HTML_NAME).waitFor();
    await nodes(page).first().click(); // the detail shows the name of its parameter
    assert.equal(await page.locator('.jp-OutputArea img[src="x"]').count(), 0);
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  });
}
