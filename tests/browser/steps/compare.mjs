// Three exports beside each other: their columns, by keyboard and from Python, and what each says of a node.
import assert from "node:assert/strict";
import { accessible } from "../axe.mjs";
import { ask, openNotebook, runAll, setTheme, shutDown, untilKernelSays } from "../notebook.mjs";
import { press, row, untilFocused, views } from "../tree.mjs";

const COLUMNS = ["fx", "htp", "usage_based"];
const WIDGET = '[role="group"][aria-label$=" compared"]';

export async function compare({ page, report }) {
  await openNotebook(page, "compare");
  await runAll(page);
  const widget = page.locator(WIDGET);
  const grid = views(page);
  const drawer = widget.getByRole("group", { name: "Selected module" });
  const says = (trait, value) => untilKernelSays(page, `print(c.widget.${trait}, end='')`, String(value));
  const selected = (key) => row(grid, key).and(grid.locator('[aria-selected="true"]'));

  await report.check(page, "a column for each strategy, and a cell for each in every row", async () => {
    await row(grid, "layer.0").waitFor({ timeout: 60_000 });
    assert.deepEqual(await widget.locator(".base bdi").allTextContents(), COLUMNS);
    for (const one of await grid.locator("[data-row]").all()) {
      assert.equal(await one.getByRole("gridcell").count(), COLUMNS.length);
    }
    await report.picture(page, "compare-columns");
  });

  await report.check(page, "the keyboard walks rows and heads", async () => {
    await row(grid, "").click();
    await untilFocused(page, "");
    await press(page, "ArrowDown", "embeddings");
    await press(page, "ArrowDown", "layer.0");
    await press(page, "End", "<img src=x onerror=hacked=1>");
    await press(page, "Home", "");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.activeElement?.textContent === "htp");
    await press(page, "ArrowDown", "");
  });

  await report.check(page, "a selection in the browser reaches Python, and one in Python the browser", async () => {
    await row(grid, "pooler").click();
    await says("selected", "pooler");
    assert.equal(await ask(page, 'c.widget.selected = "layer.3.attention.key"'), "");
    await selected("layer.3.attention.key").waitFor();
    await drawer.getByText("layer.3.attention.key", { exact: true }).first().waitFor();
    await says("selected", "layer.3.attention.key");
  });

  await report.check(page, "n goes to the next difference, opens the way to it and says it", async () => {
    await row(grid, "").click();
    await untilFocused(page, "");
    await page.keyboard.press("n");
    await widget
      .getByRole("status")
      .getByText(/^difference 1 of \d+: \w+ \d+, usage_based says /)
      .waitFor();
    const key = await ask(page, "print(c.widget.selected, end='')");
    await untilFocused(page, key);
    await selected(key).waitFor();
    await report.picture(page, "compare-difference");
    return await widget.getByRole("status").filter({ hasText: "difference 1" }).textContent();
  });

  await report.check(page, "the drawer has a sentence of each witness", async () => {
    const names = await drawer.getByRole("term").allTextContents();
    assert.deepEqual(names, COLUMNS);
    const sentences = await drawer.getByRole("definition").allTextContents();
    const known = /^ *(the capture|it reads|its output|an optimiser|no record|nothing better)/;
    for (const sentence of sentences) assert.match(sentence, known);
    // Only the kernel knows the line of code that a node was recorded at.
    await drawer
      .getByText(/tiny_bert\.py:\d+/)
      .first()
      .waitFor();
  });

  await report.check(page, "only differences leaves out what is equal, in Python too", async () => {
    const before = await grid.locator("[data-row]").count();
    await widget.getByLabel("only differences").check();
    await row(grid, "pooler").waitFor({ state: "detached" });
    assert.ok((await grid.locator("[data-row]").count()) < before);
    await widget.getByText(/modules without a difference are hidden/).waitFor();
    await says("only_differences", "True");
    await report.picture(page, "compare-only-differences");
    assert.equal(await ask(page, "c.widget.only_differences = False"), "");
    await row(grid, "pooler").waitFor();
  });

  await report.check(page, "a click on a head compares with that column", async () => {
    await says("baseline", 0);
    const heads = widget.locator(".base");
    await heads.nth(2).click();
    await widget.locator('.base[aria-pressed="true"]').getByText("usage_based").waitFor();
    await says("baseline", 2);
    await report.picture(page, "compare-baseline");
    assert.equal(await ask(page, "c.widget.baseline = 0"), "");
    await widget.locator('.base[aria-pressed="true"]').getByText("fx", { exact: true }).waitFor();
  });

  for (const theme of ["Light", "Dark"]) {
    await report.check(page, `accessible in the ${theme.toLowerCase()} theme`, async () => {
      await setTheme(page, theme);
      await widget.scrollIntoViewIfNeeded();
      await page.keyboard.press("n");
      await page.waitForTimeout(300); // colours have transitions of JupyterLab's own
      await report.picture(page, `compare-${theme.toLowerCase()}`);
      await accessible(page, WIDGET);
    });
  }
  await setTheme(page, "Light");
  await shutDown(page);
}
