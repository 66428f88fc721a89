// The panes beside the tree: graph, source, about; the find grammar; and what Python and the browser say to each other
// about them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ask, untilKernelSays } from "../notebook.mjs";
import { openTab, row, views, WIDGET, widget } from "../tree.mjs";

const MODULE = "layer.0.attention";

export async function view({ page, lab, report }) {
  const tree = views(page).first();
  assert.equal(await ask(page, `r.widget.select("${MODULE}")`), "");

  await report.check(page, "the graph draws the children of the selected module", async () => {
    const panel = await openTab(page, "Graph");
    for (const name of ["query", "key", "value"]) await panel.getByText(name, { exact: true }).first().waitFor();
    await untilKernelSays(page, "print(r.widget.tab, end='')", "graph");
  });

  await report.check(page, "a box that is clicked is selected in the tree and in Python", async () => {
    await widget(page).getByRole("tabpanel").getByText("query", { exact: true }).first().click();
    await untilKernelSays(page, "print(r.widget.selected, end='')", `${MODULE}.query`);
    await row(tree, `${MODULE}.query`).and(tree.locator('[aria-selected="true"]')).waitFor();
  });

  await report.check(page, "the source is the module's own forward, with the nodes beside its lines", async () => {
    assert.equal(await ask(page, `r.widget.select("${MODULE}")`), "");
    const panel = await openTab(page, "Source");
    await panel.getByText("scores = self.query(x) @ self.key(x).transpose(-1, -2)").first().waitFor();
    await panel.getByText("Softmax").first().waitFor();
  });

  await report.check(page, "op: finds operators only, and Python can ask for it", async () => {
    assert.equal(await ask(page, 'r.widget.find("op:Softmax")'), "");
    await widget(page)
      .getByText(/^1 of \d+$/)
      .waitFor();
    await row(tree, MODULE).waitFor();
    assert.equal(await ask(page, 'r.widget.find("")'), "");
  });

  await report.check(page, "a sort is a trait", async () => {
    assert.equal(await ask(page, 'r.widget.sort = "nodes"'), "");
    await tree.locator('[role="columnheader"][aria-sort="descending"]').waitFor();
    await tree.locator('[role="columnheader"][aria-sort="descending"]').click();
    await untilKernelSays(page, "print(r.widget.sort, end='')", "-nodes");
    assert.equal(await ask(page, 'r.widget.sort = ""'), "");
  });

  await report.check(page, "the browser saves the same page", async () => {
    await widget(page).getByRole("button", { name: "Save", exact: true }).click();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      widget(page).getByRole("button", { name: "Save as HTML" }).click(),
    ]);
    assert.equal(saved.suggestedFilename(), "TinyBert.html");
    assert.match(readFileSync(await saved.path(), "utf8"), /^<!doctype html>/i);
    await report.picture(page, "save");
    await page.keyboard.press("Escape");
  });

  await report.check(page, "saved as HTML it works without Python and without a network", () => offline(page, lab));
  await openTab(page, "Nodes");
}

async function offline(page, lab) {
  assert.equal(await ask(page, 'r.widget.save_html("saved.html")'), "");
  const path = join(lab.root, "saved.html");
  assert.ok(!/<(script|link|img)[^>]*(src|href)=["']?https?:/.test(readFileSync(path, "utf8")), "it loads something");
  const alone = await page.context().newPage();
  const problems = [];
  alone.on("pageerror", (error) => problems.push(String(error)));
  alone.on("request", (request) => request.url().startsWith("file:") || problems.push(request.url()));
  try {
    await alone.goto(pathToFileURL(path).href);
    const tree = alone.locator('[role="treegrid"]');
    await row(tree, "pooler").click();
    await alone.locator(WIDGET).getByRole("tab", { name: "Source", exact: true }).click();
    await alone.getByText("def forward").first().waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await alone.close();
  }
}
