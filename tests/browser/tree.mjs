// Where things are in the widget, by role and key: the one file to change when its markup does.

// Each view of a widget is one treegrid. The header of a row bears the row's key as its title.
export const views = (page) => page.locator('.jp-OutputArea [role="treegrid"]');
export const WIDGET = '[role="group"][aria-label$=": ONNX nodes by module"]';
export const widget = (page, number = 0) => page.locator(WIDGET).nth(number);
export const row = (view, key) => view.locator(`[role="row"]:has(> [role="rowheader"][title=${JSON.stringify(key)}])`);

// The ONNX nodes of the selected row, in the pane beside the tree.
export const nodes = (page, number = 0) => widget(page, number).locator('[role="grid"] [role="row"][aria-selected]');

// The tabs of the pane, and what they show.
export async function openTab(page, name, number = 0) {
  await widget(page, number)
    .getByRole("tab", { name: new RegExp(`^${name}`) })
    .click(); // a count may follow
  return widget(page, number).getByRole("tabpanel");
}

// Sets the widget's own clock: what happens until the next picture is on the screen.
export const untilPainted = `(async (act) => {
  const begun = performance.now();
  act();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - begun;
})`;

// The last module of content/tiny_bert.py.
export const HTML_NAME = "<img src=x onerror=hacked=1>";

// JupyterLab moves the focus itself on mousedown, so a focus is waited for, never asserted at once.
export async function untilFocused(page, key) {
  await page
    .waitForFunction(
      (expected) => document.activeElement?.querySelector('[role="rowheader"]')?.title === expected,
      key,
      { timeout: 5_000 },
    )
    .catch(async () => {
      const active = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 300));
      throw new Error(`the focus is not on ${JSON.stringify(key)} but on ${active}`);
    });
}

export async function press(page, key, focused) {
  await page.keyboard.press(key);
  await untilFocused(page, focused);
}

// True when the row lies inside the visible part of its view.
export function inSight(view, key) {
  return row(view, key).evaluate((element) => {
    const body = element.closest('[role="rowgroup"]').getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    return top >= body.top - 1 && bottom <= body.bottom + 1;
  });
}
