// What the eye and the screen reader get: both themes, no accessibility violation.
import { accessible } from "../axe.mjs";
import { setTheme } from "../notebook.mjs";
import { openTab, WIDGET, widget } from "../tree.mjs";

export async function looks({ page, report }) {
  for (const theme of ["Light", "Dark"]) {
    await report.check(page, `accessible in the ${theme.toLowerCase()} theme`, async () => {
      await setTheme(page, theme);
      await widget(page).scrollIntoViewIfNeeded();
      await page.waitForTimeout(300); // colours have transitions of JupyterLab's own
      await report.picture(page, `quickstart-${theme.toLowerCase()}`);
      await accessible(page, WIDGET);
    });
    for (const tab of ["Graph", "Source", "About", "Nodes"]) {
      await report.check(page, `accessible in the ${theme.toLowerCase()} theme: ${tab}`, async () => {
        await openTab(page, tab);
        await page.waitForTimeout(300);
        await report.picture(page, `${tab.toLowerCase()}-${theme.toLowerCase()}`);
        await accessible(page, WIDGET);
      });
    }
  }
  await setTheme(page, "Light");
}
