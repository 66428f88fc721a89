// Twenty widgets on one page: each draws itself, and none listens to another's keys.
import assert from "node:assert/strict";
import { openNotebook, runAll, shutDown } from "../notebook.mjs";
import { press, row, untilFocused, views } from "../tree.mjs";

const COUNT = 20;

export async function many({ page, report }) {
  await openNotebook(page, "many");
  await runAll(page);

  await report.check(page, `${COUNT} widgets draw their trees`, async () => {
    for (let i = 0; i < COUNT; i++) {
      await row(views(page).nth(i), "").scrollIntoViewIfNeeded();
    }
    assert.equal(await views(page).count(), COUNT);
  });

  await report.check(page, "a selection in one leaves the others alone", async () => {
    const last = views(page).nth(COUNT - 1);
    await row(last, "").click();
    await untilFocused(page, "");
    await press(page, "ArrowDown", "encoder");
    await page.keyboard.press("Space");
    await row(last, "encoder").and(last.locator('[aria-selected="true"]')).waitFor();
    assert.equal(await views(page).locator('[aria-selected="true"]').count(), 1);
  });

  await shutDown(page);
}
