// axe-core on one part of the page: no violation of the rules for accessibility that a machine can check.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function accessible(page, selector) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const found = await page.evaluate((of) => globalThis.axe.run(of, { resultTypes: ["violations"] }), selector);
  assert.deepEqual(found.violations.map(describe), []);
}

const describe = ({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html.slice(0, 200)}, ${nodes.length} in all`;
