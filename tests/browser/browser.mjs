// A Chromium of our own, and pages that remember what went wrong on them.
import { chromium } from "playwright-core";
import { command } from "./notebook.mjs";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function startBrowser(profile, options = {}) {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    viewport: { width: 1300, height: 1000 },
    args: QUIET,
    ...options,
  });
}

// A page with JupyterLab on it, and two lists that a good run leaves empty.
export async function openLab(context, lab) {
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors = [];
  const strangers = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? String(error)));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && hostname !== "127.0.0.1") strangers.push(request.url());
  });
  await loadLab(page, lab);
  return { page, errors, strangers };
}

export async function loadLab(page, lab) {
  await page.goto(lab.url);
  await page.waitForFunction(() => globalThis.jupyterapp?.restored.then(() => true), null, { timeout: 60_000 });
  await command(page, "application:toggle-left-area"); // the file browser takes the width from the notebook
}
