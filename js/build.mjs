// Bundles the widget into one ES module and one style sheet, where the Python package looks for them.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const OUT = "../modelexport_nb/notebook/static";
const LIMIT = 35_000; // gzip bytes of the module: every widget in a notebook carries it whole

const options = {
  entryPoints: [
    { in: "src/index.tsx", out: "widget" },
    { in: "src/styles/index.css", out: "widget" },
  ],
  outdir: OUT,
  bundle: true,
  format: "esm",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  target: ["chrome111", "firefox113", "safari16.4"],
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
} else {
  await esbuild.build(options);
  for (const name of ["widget.js", "widget.css"]) {
    const bytes = readFileSync(`${OUT}/${name}`);
    const zipped = gzipSync(bytes).length;
    console.log(`${name}  ${bytes.length} bytes, ${zipped} gzip`);
    if (name.endsWith(".js") && zipped > LIMIT) throw new Error(`${name} is over ${LIMIT} bytes`);
  }
}
