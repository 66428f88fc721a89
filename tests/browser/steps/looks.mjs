// What the eye and the screen reader get: both themes, no accessibility violation.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTheme } from "../notebook.mjs";
import { openTab, WIDGET, widget } from "../tree.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function looks({ page, report }) {
  await page.evaluate(AXE);
  for (const theme of ["Light", "Dark"]) {
    await report.check(page, `accessible in the ${theme.toLowerCase()} theme`, async () => {
      await setTheme(page, theme);
      await widget(page).scrollIntoViewIfNeeded();
      await page.waitForTimeout(300); // colours have transitions of JupyterLab's own
      await report.picture(page, `quickstart-${theme.toLowerCase()}`);
      await accessible(page);
    });
    for (const tab of ["Graph", "Source", "About", "Nodes"]) {
      await report.check(page, `accessible in the ${theme.toLowerCase()} theme: ${tab}`, async () => {
        await openTab(page, tab);
        await page.waitForTimeout(300);
        await report.picture(page, `${tab.toLowerCase()}-${theme.toLowerCase()}`);
        await accessible(page);
      });
    }
  }
  await setTheme(page, "Light");
}

async function accessible(page) {
  const found = await page.evaluate((of) => globalThis.axe.run(of, { resultTypes: ["violations"] }), WIDGET);
  assert.deepEqual(found.violations.map(describe), []);
}

const describe = ({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html.slice(0, 200)}, ${nodes.length} in all`;
