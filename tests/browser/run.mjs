// The browser test: a real JupyterLab, a real Chromium, one scenario a file.
// VENV is a virtual environment with modelexport_nb and JupyterLab; pictures go to SCREENSHOTS.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openLab, startBrowser } from "./browser.mjs";
import { startLab } from "./lab.mjs";
import { Report } from "./report.mjs";
import { compare } from "./steps/compare.mjs";
import { generation } from "./steps/generation.mjs";
import { many } from "./steps/many.mjs";
import { panel } from "./steps/panel.mjs";
import { quickstart } from "./steps/quickstart.mjs";
import { saved } from "./steps/saved.mjs";
import { scale } from "./steps/scale.mjs";
import { sweep } from "./steps/sweep.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const scenarios = { quickstart, scale, many, saved, panel, compare, sweep, generation };
const chosen = process.argv.slice(2);

const report = new Report(process.env.SCREENSHOTS || join(here, "screenshots"));
const lab = await startLab(resolve(process.env.VENV || join(here, "../../.venv")));
let context;
try {
  context = await startBrowser(lab.profile);
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (chosen.length && !chosen.includes(name)) continue;
    await report.scenario(name, () => onFreshPage(name, scenario));
  }
} finally {
  await context?.close();
  await lab.stop();
}
if (report.failed) console.log(`\nJupyterLab's last lines:\n${lab.log().split("\n").slice(-15).join("\n")}`);
console.log(`\n${report.passed} passed, ${report.failed} failed`);
process.exitCode = report.failed ? 1 : 0;

async function onFreshPage(name, scenario) {
  const { page, errors, strangers } = await openLab(context, lab);
  try {
    await scenario({ page, lab, report });
    await report.check(page, "no error on the page", () => none(errors));
    await report.check(page, "no request to the network", () => none(strangers));
  } catch (error) {
    await report.picture(page, `failed-${name}`);
    throw error;
  } finally {
    await page.close();
  }
}

function none(list) {
  if (list.length) throw new Error(list.slice(0, 5).join("\n"));
}
