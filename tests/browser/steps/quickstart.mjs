// The first minute of a new user: export, look, walk the tree by keyboard, select from Python.
import { openNotebook, runAll, shutDown } from "../notebook.mjs";
import { views } from "../tree.mjs";
import { escaping } from "./escaping.mjs";
import { keyboard } from "./keyboard.mjs";
import { looks } from "./looks.mjs";
import { sync } from "./sync.mjs";
import { view } from "./view.mjs";

export async function quickstart({ page, lab, report }) {
  await openNotebook(page, "quickstart");
  await runAll(page);
  await report.check(page, "two views of one report", async () => {
    await views(page).nth(1).locator('[role="row"]').first().waitFor();
    const count = await views(page).count();
    if (count !== 2) throw new Error(`${count} views`);
  });
  await keyboard({ page, report });
  await escaping({ page, report });
  await sync({ page, report });
  await view({ page, lab, report });
  await looks({ page, report });
  await shutDown(page);
}
