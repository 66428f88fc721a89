// What a person does to a notebook in JupyterLab: open it, run it, look at it.

// Always with a kernel: without one the widget manager draws nothing and throws.
export async function openNotebook(page, name) {
  await command(page, "docmanager:open", { path: `${name}.ipynb`, factory: "Notebook" });
  await page.waitForSelector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-CodeCell");
  await untilIdle(page);
}

// The execution indicator says "idle" before there is a kernel, and a run-all sent then can hang for ever:
// wait for the session context and for the kernel's own status.
async function untilIdle(page) {
  await page.evaluate(async () => {
    const { sessionContext } = globalThis.jupyterapp.shell.currentWidget;
    await sessionContext.ready;
    await sessionContext.session.kernel.info;
  });
  await page.waitForFunction(
    () => {
      const kernel = globalThis.jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
      return kernel?.connectionStatus === "connected" && kernel.status === "idle";
    },
    null,
    { timeout: 60_000 },
  );
}

// Runs every cell and waits for the last; a cell that fails is reported with its traceback.
export async function runAll(page) {
  await command(page, "notebook:run-all-cells");
  const failed = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"] pre');
  const errors = await page.evaluate(() =>
    globalThis.jupyterapp.shell.currentWidget.content.widgets
      .flatMap((cell) => cell.model.toJSON().outputs ?? [])
      .filter((output) => output.output_type === "error")
      .map((output) => `${output.ename}: ${output.evalue}`),
  );
  if (errors.length) throw new Error(`${errors.join("\n")}\n${(await failed.allTextContents()).join("\n")}`);
}

// Runs code in the kernel beside the notebook and returns what it printed.
export function ask(page, code) {
  return page.evaluate(async (source) => {
    const { kernel } = globalThis.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({ code: source });
    let text = "";
    future.onIOPub = ({ header, content }) => {
      if (header.msg_type === "stream") text += content.text;
      if (header.msg_type === "error") text += `${content.ename}: ${content.evalue}`;
    };
    await future.done;
    return text;
  }, code);
}

// ipywidgets keeps one state message in flight and merges the others, so the kernel follows a little later.
export async function untilKernelSays(page, code, expected) {
  const deadline = Date.now() + 10_000;
  let seen;
  do seen = await ask(page, code);
  while (seen !== expected && Date.now() < deadline);
  if (seen !== expected) throw new Error(`the kernel says ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
}

export function cellCount(page) {
  return page.evaluate(() => globalThis.jupyterapp.shell.currentWidget.content.widgets.length);
}

export async function setTheme(page, theme) {
  await command(page, "apputils:change-theme", { theme: `JupyterLab ${theme}` });
  const light = String(theme === "Light");
  await page.waitForFunction((value) => document.body.dataset.jpThemeLight === value, light);
}

// Ends the kernel, so that the next scenario has the machine to itself.
export function shutDown(page) {
  return page.evaluate(() => globalThis.jupyterapp.shell.currentWidget.sessionContext.shutdown());
}

export function command(page, id, args = {}) {
  return page.evaluate(
    async ([name, options]) => {
      await globalThis.jupyterapp.commands.execute(name, options); // its result holds the whole application
    },
    [id, args],
  );
}
