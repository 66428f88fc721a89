import { cpSync } from "node:fs";
import { openLab, startBrowser } from "./browser.mjs";
import { startLab } from "./lab.mjs";
import { openNotebook, runAll, command, shutDown } from "./notebook.mjs";
const lab = await startLab("/tmp/dev/venv");
const ctx = await startBrowser(lab.profile);
try {
  cpSync("/work/main/examples", lab.root, { recursive: true });
  const { page, errors } = await openLab(ctx, lab);
  await page.setViewportSize({ width: 1100, height: 3200 });
  await openNotebook(page, "01_quickstart");
  await page.waitForTimeout(2500);
  await page.screenshot({ path: "/tmp/dev/shots/untrusted.png" });
  await command(page, "notebook:trust").catch(() => {});
  runAll(page).catch((e) => console.log("run", e.message.slice(0, 300)));
  for (let i = 0; i < 6; i++) { await page.waitForTimeout(2500); await page.screenshot({ path: `/tmp/dev/shots/run${i}.png`, clip: {x:0,y:700,width:1100,height:700} }); }
  await page.waitForTimeout(8000);
  await page.screenshot({ path: "/tmp/dev/shots/live.png" });
  console.log(errors.slice(0, 5));
  await shutDown(page);
  const p2 = await ctx.newPage();
  await p2.goto("file:///tmp/dev/demo/all-MiniLM-L6-v2.html");
  await p2.screenshot({ path: "/tmp/dev/shots/page.png" });
  await p2.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  await p2.screenshot({ path: "/tmp/dev/shots/page-open.png" });
} finally { await ctx.close(); await lab.stop(); }
