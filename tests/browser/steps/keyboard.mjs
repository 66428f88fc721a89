// The tree is driven by keyboard alone, and JupyterLab does not steal the keys.
import assert from "node:assert/strict";
import { cellCount } from "../notebook.mjs";
import { HTML_NAME, press, row, untilFocused, views, widget } from "../tree.mjs";

export async function keyboard({ page, report }) {
  const view = views(page).first();

  await report.check(page, "arrows, Home and End move", async () => {
    await row(view, "").click();
    await untilFocused(page, "");
    await press(page, "ArrowDown", "embeddings");
    await press(page, "ArrowDown", "layer.0");
    await press(page, "ArrowUp", "embeddings");
    await press(page, "End", HTML_NAME);
    await press(page, "Home", "");
  });

  await report.check(page, "→ opens and steps in, ← steps out and closes", async () => {
    await press(page, "ArrowDown", "embeddings");
    await press(page, "ArrowDown", "layer.0");
    await openIfClosed(page, view, "layer.0");
    await press(page, "ArrowRight", "layer.0.attention");
    await openIfClosed(page, view, "layer.0.attention");
    await press(page, "ArrowRight", "layer.0.attention.query");
    await press(page, "ArrowLeft", "layer.0.attention");
    await page.keyboard.press("ArrowLeft");
    await expanded(view, "layer.0.attention", "false");
    await press(page, "ArrowLeft", "layer.0");
  });

  await report.check(page, "letters jump to a name", () => press(page, "p", "pooler"));

  await report.check(page, "a letter does not insert a cell", async () => {
    const before = await cellCount(page);
    for (const key of ["b", "a", "x"]) await page.keyboard.press(key);
    await page.waitForTimeout(200); // nothing to wait for when nothing happens
    assert.equal(await cellCount(page), before);
  });

  await report.check(page, "/ finds, Escape leaves", async () => {
    await press(page, "Home", "");
    await page.keyboard.press("/");
    const find = widget(page).getByLabel("Find", { exact: true });
    await page.waitForFunction((input) => document.activeElement === input, await find.elementHandle());
    await page.keyboard.type("layer.3.attention.key");
    await row(view, "layer.3.attention.key").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.tagName !== "INPUT");
  });
}

// How far the tree is open at first is the widget's choice, not this test's.
async function openIfClosed(page, view, key) {
  if ((await row(view, key).getAttribute("aria-expanded")) === "true") return;
  await page.keyboard.press("ArrowRight");
  await expanded(view, key, "true");
}

function expanded(view, key, value) {
  return row(view, key)
    .and(view.locator(`[aria-expanded="${value}"]`))
    .waitFor();
}
