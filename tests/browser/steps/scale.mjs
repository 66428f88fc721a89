// 10,000 ONNX nodes in one tree: how much is sent, how long until it is seen.
import assert from "node:assert/strict";
import { ask, openNotebook, runAll, shutDown } from "../notebook.mjs";
import { press, row, untilFocused, views, widget } from "../tree.mjs";

const PAYLOAD_LIMIT = 1_500_000; // bytes
const PAINT_LIMIT = 1_000; // ms

export async function scale({ page, report }) {
  await openNotebook(page, "scale");
  await page.evaluate(watchPaint);
  await runAll(page);
  await views(page).first().locator('[role="row"]').first().waitFor();

  await report.check(page, "payload of 10,000 nodes", async () => {
    const printed = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stdout"]');
    const [bytes, rows] = (await printed.textContent()).trim().split(" ").map(Number);
    assert.ok(bytes <= PAYLOAD_LIMIT, `${bytes} bytes`);
    return `${bytes} bytes, ${rows} module calls`;
  });

  await report.check(page, "first paint of 10,000 nodes", async () => {
    // From the widget's birth in Python: sending, unpacking and drawing are all in it.
    const painted = await (await page.waitForFunction(() => globalThis.firstPaint)).jsonValue();
    const ms = Math.round(painted - 1000 * Number(await ask(page, "print(begun)")));
    assert.ok(ms <= PAINT_LIMIT, `${ms} ms`);
    return `${ms} ms`;
  });

  await report.check(page, "everything opens, the last row is one key away", async () => {
    await widget(page).getByLabel("Depth").focus();
    await page.keyboard.press("End");
    await row(views(page).first(), "").click();
    await untilFocused(page, "");
    await press(page, "End", "encoder.layer.99.intermediate.expert_19");
  });

  await report.check(page, "only the visible rows are in the page", async () => {
    const count = await views(page).first().locator('[role="row"]').count();
    assert.ok(count < 200, `${count} rows`);
    return `${count} rows`;
  });

  await shutDown(page);
}

// Notes when the first row was painted: two animation frames after it entered the page, because the first of
// them is called before its own frame is painted.
function watchPaint() {
  new MutationObserver((_changes, observer) => {
    if (!document.querySelector('[role="treegrid"] [role="rowheader"]')) return;
    observer.disconnect();
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        globalThis.firstPaint = performance.timeOrigin + performance.now();
      }),
    );
  }).observe(document.body, { childList: true, subtree: true });
}
