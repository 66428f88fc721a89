// Bundles the widget into one ES module and one style sheet, where the Python package looks for them.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { minify } from "terser";

const OUT = "../modelexport_nb/notebook/static";
// Gzip bytes of the module: every widget in a notebook carries it whole. The aim is 60,000; three widgets, the layout of
// the graph, find and source in one module do not fit into that.
const LIMIT = 90_000;

const options = {
  outdir: OUT,
  bundle: true,
  format: "esm",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  target: ["chrome111", "firefox113", "safari16.4"],
};
const styles = { ...options, entryPoints: [{ in: "src/styles/index.css", out: "widget" }] };
const script = { ...options, entryPoints: [{ in: "src/index.tsx", out: "widget" }] };

if (process.argv.includes("--watch")) {
  for (const part of [styles, script]) await (await esbuild.context({ ...part, logLevel: "info" })).watch();
} else {
  await esbuild.build(styles);
  const root = renameRoot(`${OUT}/widget.css`);
  await esbuild.build({ ...script, define: { ROOT_CLASS: JSON.stringify(root) } });
  await pack(`${OUT}/widget.js`);
  for (const name of ["widget.js", "widget.css"]) {
    const bytes = readFileSync(`${OUT}/${name}`);
    const zipped = gzipSync(bytes).length;
    console.log(`${name}  ${bytes.length} bytes, ${zipped} gzip`);
    if (name.endsWith(".js") && zipped > LIMIT) throw new Error(`${name} is over ${LIMIT} bytes`);
  }
}

// Goes through the module twice, which esbuild does not: 3 % less.
async function pack(path) {
  const { code } = await minify(readFileSync(path, "utf8"), { module: true, ecma: 2020, compress: { passes: 2 } });
  writeFileSync(path, code);
}

// Gives the class that all styles stand under a name of this version's own (src/ui/root.ts says why).
function renameRoot(path) {
  const css = readFileSync(path, "utf8");
  const root = `mx-${createHash("sha256").update(css).digest("hex").slice(0, 8)}`;
  writeFileSync(path, css.replace(/\.mx(?![\w-])/g, `.${root}`));
  return root;
}
