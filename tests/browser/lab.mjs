// A JupyterLab server of our own: fresh settings, fresh trust database, nothing of the user's.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const TOKEN = "browser-test";

export async function startLab(venv) {
  const work = mkdtempSync(join(tmpdir(), "modelexport-browser-"));
  // Lab serves this folder; settings, browser profile and trust database stay outside it.
  const root = join(work, "root");
  cpSync(join(here, "content"), root, { recursive: true });
  const env = environment(venv, work);
  writeSettings(join(work, "settings"));

  const python = (...args) => runPython(venv, args, { cwd: root, env });
  python("make_notebooks.py", ".");

  const port = await freePort();
  const server = spawn(
    join(venv, "bin/jupyter"),
    [
      "lab",
      "--no-browser",
      "--allow-root",
      "--ip=127.0.0.1",
      `--port=${port}`,
      "--ServerApp.port_retries=0",
      `--IdentityProvider.token=${TOKEN}`,
      `--ServerApp.root_dir=${root}`,
      "--LabApp.expose_app_in_browser=True",
      "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
      `--LabApp.workspaces_dir=${join(work, "workspaces")}`,
      `--LabApp.user_settings_dir=${join(work, "settings")}`,
    ],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  server.stdout.on("data", (text) => (log += text));
  server.stderr.on("data", (text) => (log += text));

  const stop = async () => {
    if (server.exitCode === null) {
      const gone = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await gone;
    }
    rmSync(work, { recursive: true, force: true });
  };
  const address = `http://127.0.0.1:${port}`;
  try {
    await untilUp(`${address}/api/status?token=${TOKEN}`, server);
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${log}`);
  }
  return {
    url: `${address}/lab?token=${TOKEN}&reset`,
    root,
    profile: join(work, "profile"),
    python,
    log: () => log,
    stop,
  };
}

function runPython(venv, args, where) {
  const { status, stderr } = spawnSync(join(venv, "bin/python"), args, { ...where, encoding: "utf8" });
  if (status !== 0) throw new Error(`python ${args.join(" ")}\n${stderr.split("\n").slice(-20).join("\n")}`);
}

function environment(venv, work) {
  const env = { ...process.env, PATH: `${venv}/bin:${process.env.PATH}`, IPYTHONDIR: join(work, "ipython") };
  for (const kind of ["CONFIG", "DATA", "RUNTIME"]) {
    env[`JUPYTER_${kind}_DIR`] = join(work, kind.toLowerCase());
    mkdirSync(env[`JUPYTER_${kind}_DIR`]);
  }
  return env;
}

// Without this, a "Jupyter news?" toast lies over the page and asks a server far away.
function writeSettings(folder) {
  const plugin = join(folder, "@jupyterlab/apputils-extension");
  mkdirSync(plugin, { recursive: true });
  writeFileSync(
    join(plugin, "notification.jupyterlab-settings"),
    JSON.stringify({ fetchNews: "false", checkForUpdates: false, doNotDisturbMode: true }),
  );
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilUp(url, server) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && server.exitCode === null) {
    const answer = await fetch(url).catch(() => null); // refused until the server listens
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("JupyterLab did not start.");
}
