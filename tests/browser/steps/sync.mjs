// Python and the two views say the same.
import assert from "node:assert/strict";
import { ask, untilKernelSays } from "../notebook.mjs";
import { inSight, nodes, row, views, widget } from "../tree.mjs";

const DEEP = "layer.5.attention.value";

export async function sync({ page, report }) {
  const both = [views(page).first(), views(page).nth(1)];

  await report.check(page, "a selection in Python shows in both views", async () => {
    assert.equal(await ask(page, `r.widget.selected = "${DEEP}"`), "");
    for (const view of both) {
      await selected(view, DEEP).waitFor();
      assert.ok(await inSight(view, DEEP), "the row is not scrolled into sight");
    }
  });

  await report.check(page, "a selection in the browser reaches Python and the other view", async () => {
    await row(both[0], "layer.5").click();
    await selected(both[1], "layer.5").waitFor();
    await untilKernelSays(page, "print(r.widget.selected, end='')", "layer.5");
  });

  await report.check(page, "a key that does not exist is refused in Python", async () => {
    assert.match(await ask(page, 'r.widget.selected = "layer.55"'), /layer\.55/);
    await untilKernelSays(page, "print(r.widget.selected, end='')", "layer.5");
  });

  await report.check(page, "the kernel sends the details of a node", async () => {
    await row(both[0], "layer.5.attention.query").click();
    await nodes(page).first().click();
    // Only the kernel knows which initializer the node reads.
    await widget(page).getByText("layer.5.attention.query.weight").first().waitFor();
  });
}

const selected = (view, key) => row(view, key).and(view.locator('[aria-selected="true"]'));
