// The export panel: choose, export, cancel, compare, by mouse and by keyboard. The line says what the controls say.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessible } from "../axe.mjs";
import { ask, cellCount, command, openNotebook, runAll, setTheme, shutDown, untilKernelSays } from "../notebook.mjs";

const PANEL = ".modelexport-panel";
const CONTROLS = `${PANEL} > .controls`;
const MINUTE = { timeout: 60_000 };

export async function panel({ page, lab, report }) {
  await openNotebook(page, "panel");
  await runAll(page);
  const root = page.locator(CONTROLS);
  await root.waitFor();
  await report.check(page, "it begins with the notebook's variables", async () => {
    assert.match(
      await chosen(root.getByRole("combobox", { name: "model" })),
      /^model {3}TinyBert, .* parameters, train, cpu$/,
    );
    const inputs = root.getByRole("combobox", { name: "inputs" });
    assert.equal(await chosen(inputs), "inputs   i64 2×10, fits forward()");
    assert.equal(await choices(inputs), 3); // one from the cell below, and an expression
    await line(root, "r = %modelexport model inputs");
    await line(root, "c = %modelexport compare model inputs --verify model");
  });
  await choose({ page, root, report });
  await keys({ page, root, report });
  await looks({ page, root, report });
  await exported({ page, lab, root, report });
  await cancelled({ page, lab, root, report });
  await waiting({ page, root, report });
  await refused({ page, root, report });
  await compared({ page, root, report });
  await shutDown(page);
}

async function choose({ page, root, report }) {
  await report.check(page, "the line follows every control", async () => {
    await root.getByRole("combobox", { name: "inputs" }).selectOption({ index: 0 });
    await line(root, "r = %modelexport model batch");
    await root.getByRole("combobox", { name: "inputs" }).selectOption({ index: 1 });
    await root.getByRole("radio", { name: "modules" }).check({ force: true });
    await root.getByLabel("opset").selectOption("20");
    await root.getByRole("checkbox", { name: "ids, axis 0" }).check();
    await root.getByLabel("output").fill("tiny.onnx");
    await line(
      root,
      "r = %modelexport model inputs --opset 20 --dynamic \"{'ids': {0: 'dim0'}}\" --verify modules -o tiny.onnx",
    );
  });

  await report.check(page, "inputs need not be given", async () => {
    const inputs = root.getByRole("combobox", { name: "inputs" });
    await inputs.selectOption({ index: 2 });
    await line(root, "c = %modelexport compare model --opset 20");
    await root.getByText(/^Some are made, always the same ones/).waitFor();
    assert.equal(await root.getByRole("checkbox", { name: "ids, axis 0" }).count(), 0);
    await inputs.selectOption({ index: 1 });
    await root.getByText(/^Some are made, always the same ones/).waitFor({ state: "hidden" });
    await root.getByRole("checkbox", { name: "ids, axis 0" }).check();
  });

  await report.check(page, "what does not go together is said at once", async () => {
    const capture = root.getByLabel("capture");
    await capture.selectOption("torchscript");
    await root.getByText("is not made for such a model or such shapes").waitFor();
    await capture.selectOption({ index: 0 });
    await root.getByText("is not made for such a model or such shapes").waitFor({ state: "hidden" });
  });

  await report.check(page, "the line can be copied", async () => {
    await root.getByRole("button", { name: "Copy the line: Export" }).click();
    await root.getByRole("button", { name: "Copied" }).waitFor();
  });
}

async function keys({ page, root, report }) {
  await report.check(page, "arrows choose, and JupyterLab takes none of the keys", async () => {
    const cells = await cellCount(page);
    await root.getByRole("radio", { name: "auto" }).focus();
    await page.keyboard.press("ArrowRight");
    await root.getByRole("radio", { name: "fx", checked: true }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await root.getByRole("radio", { name: "auto", checked: true }).waitFor();
    await root.getByLabel("opset").focus();
    await page.keyboard.press("ArrowDown");
    await line(root, /--opset 21 /);
    for (const key of ["b", "x", "ArrowUp"]) await page.keyboard.press(key);
    await line(root, /--opset 20 /);
    await root.getByRole("button", { name: "Export", exact: true }).focus();
    for (const key of ["a", "b", "ArrowDown"]) await page.keyboard.press(key);
    await page.waitForTimeout(200); // nothing to wait for when nothing happens
    assert.equal(await cellCount(page), cells);
  });
}

async function looks({ page, root, report }) {
  for (const theme of ["Light", "Dark"]) {
    await report.check(page, `accessible in the ${theme.toLowerCase()} theme`, async () => {
      await setTheme(page, theme);
      await page.waitForTimeout(400); // JupyterLab's own colours fade
      await root.screenshot({ path: join(report.folder, `panel-${theme.toLowerCase()}.png`) });
      await accessible(page, PANEL);
    });
  }
  await setTheme(page, "Light");
  await page.waitForTimeout(1000);
  await report.check(page, "one column where it is narrow", async () => {
    await page.setViewportSize({ width: 720, height: 1000 });
    const left = await root.getByRole("combobox", { name: "model" }).boundingBox();
    const right = await root.getByLabel("output").boundingBox();
    await root.screenshot({ path: join(report.folder, "panel-narrow.png") });
    assert.equal(left.x, right.x);
    await page.setViewportSize({ width: 1300, height: 1000 });
  });
}

async function exported({ page, lab, root, report }) {
  const path = join(lab.root, "tiny.onnx");
  await report.check(page, "Export shows its stages and its result, and the line's variable holds it", async () => {
    await press(root, "Export");
    await root.getByRole("progressbar", { name: "Export" }).waitFor();
    await root.getByText(/^Nothing is written before the end/).waitFor();
    assert.ok(await root.getByLabel("opset").isDisabled());
    await page.waitForTimeout(700);
    await root.screenshot({ path: join(report.folder, "panel-running.png") });
    await accessible(page, PANEL);
    await page.locator(`${PANEL} [role="treegrid"]`).waitFor(MINUTE);
    assert.ok(existsSync(path));
    await root.getByText("exists; replaced once the new file is checked").waitFor();
    assert.equal(
      await ask(page, "print(r.path.name, r.opset, str(r.graph.graph.inputs[0].shape), r.parity.ok, model.training)"),
      "tiny.onnx 20 [dim0,10] True True\n",
    );
    await report.picture(page, "panel-result");
  });
}

/** The model waits for a file, so that the first stage lasts until Cancel was seen. */
const HELD = `
import time
from pathlib import Path

def hold(*_):
    while not Path("go").exists():
        time.sleep(0.01)

held = model.register_forward_pre_hook(hold)
before = {name: dict(vars(part)) for name, part in model.named_modules()}
`;

async function cancelled({ page, lab, root, report }) {
  await report.check(page, "Cancel leaves the old file, the model and the kernel as they were", async () => {
    const path = join(lab.root, "tiny.onnx");
    const before = [statSync(path).mtimeMs, readFileSync(path).length];
    await ask(page, HELD);
    await press(root, "Export");
    await root.getByRole("progressbar").waitFor();
    await root.getByRole("button", { name: "Cancel" }).click();
    await root.getByText("Cancelling. The stage run cannot be interrupted; it ends first.").waitFor();
    await root.screenshot({ path: join(report.folder, "panel-cancelling.png") });
    writeFileSync(join(lab.root, "go"), "");
    const said = await root.getByRole("alert").textContent(MINUTE);
    assert.match(said, /^Export cancelled at \w+\. Nothing was written; the model is unchanged\.$/);
    await root.screenshot({ path: join(report.folder, "panel-cancelled.png") });
    assert.deepEqual([statSync(path).mtimeMs, readFileSync(path).length], before);
    assert.equal(
      await ask(
        page,
        "print(before == {name: dict(vars(part)) for name, part in model.named_modules()}, model.training)",
      ),
      "True True\n",
    );
    await ask(page, "held.remove()");
    assert.ok(await root.getByRole("button", { name: "Export", exact: true }).isEnabled());
    assert.ok(await root.getByLabel("opset").isEnabled());
  });
}

async function waiting({ page, root, report }) {
  await report.check(page, "a cell that is run meanwhile waits for the end", async () => {
    await press(root, "Export");
    await root.getByRole("progressbar").waitFor();
    await page.evaluate(() => {
      const { content } = globalThis.jupyterapp.shell.currentWidget;
      content.activeCellIndex = 2;
    });
    await command(page, "notebook:run-cell"); // resolves when the cell has run
    assert.equal(await root.getByRole("progressbar").count(), 0);
    await untilKernelSays(page, "print(type(r).__name__, end='')", "ExportReport");
  });
}

async function refused({ page, root, report }) {
  await report.check(page, "a failure is one line, in the panel", async () => {
    await root.getByLabel("output").fill("nowhere/tiny.onnx");
    await root.getByText(/^The folder "nowhere" does not exist/).waitFor();
    await press(root, "Export");
    const said = await root.getByRole("alert").textContent(MINUTE);
    assert.match(said, /^Export failed\. The folder "nowhere" does not exist\. Create it, or choose another path\.$/);
    await root.screenshot({ path: join(report.folder, "panel-failed.png") });
    await accessible(page, PANEL);
    await root.getByLabel("output").fill("");
  });
}

async function compared({ page, root, report }) {
  await report.check(page, "Compare strategies shows them beside each other", async () => {
    await press(root, "Compare strategies");
    await root.getByRole("progressbar", { name: "Comparison" }).waitFor();
    await page.waitForTimeout(700);
    await root.screenshot({ path: join(report.folder, "panel-comparing.png") });
    await root.getByRole("progressbar").waitFor({ state: "hidden", ...MINUTE });
    await untilKernelSays(page, "print([column.name for column in c.columns], end='')", "['fx', 'htp', 'usage_based']");
    await page.locator(`${PANEL} [role="treegrid"]`).waitFor();
    await report.picture(page, "panel-compared");
  });
}

const press = (root, name) => root.getByRole("button", { name, exact: true }).click();

const line = (root, text) =>
  root
    .locator("code")
    .getByText(text, { exact: typeof text === "string" })
    .first()
    .waitFor();

const choices = (select) => select.locator("option").count();

// ipywidgets writes spaces that do not break.
const chosen = (select) =>
  select.evaluate(({ selectedOptions }) => selectedOptions[0].textContent.replaceAll("\u00a0", " "));
