"""The live view as one HTML file: the bundle, the tree and the answers to what it will ask, all inside.

Names of a stranger's model stand in it as JSON in which no `<` is left, and as escaped text for readers without
scripts. The page's policy lets only the one script run that is written here, and lets nothing be loaded or sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from pathlib import Path
from typing import Any

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.notebook.static_html import escaped, fragment

from .answers import MOST, node_detail, row_source

# How a bundled module that exports one thing ends.
EXPORT = re.compile(r"export\s*\{\s*([\w$]+)\s+as\s+default\s*\};?\s*$")

# `state` stands for the kernel's model; nothing can be asked that the payload does not answer.
ADAPTER = """
((widget) => {
  const { payload, state, sources, sourceOf, detail } = JSON.parse(document.getElementById("data").textContent);
  const source = Object.fromEntries(Object.entries(sourceOf).map(([row, at]) => [row, sources[at]]));
  const traits = { payload: { ...payload, answers: { source, detail } }, ...state };
  let listeners = [];
  const model = {
    get: (name) => traits[name],
    set(name, value) {
      traits[name] = value;
      for (const [to, hear] of [...listeners]) if (to === `change:${name}`) hear();
    },
    on: (name, hear) => listeners.push([name, hear]),
    off(name, hear) {
      listeners = listeners.filter(([to, other]) => to !== name || (hear && other !== hear));
    },
    save_changes() {},
    send() {
      throw new Error("A saved page has no kernel.");
    },
  };
  const view = { model, el: document.getElementById("view"), signal: new AbortController().signal };
  const { initialize, render } = widget();
  Promise.resolve(initialize(view)).then(() => render(view));
})"""

STYLE = """
:root { color-scheme: light dark; --height: max(360px, calc(100vh - 190px)); }
body { margin: 0; padding: 12px; background: #fff; color: #000; font: 13px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #fff; } }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<div id="view"></div>
<noscript>{static}</noscript>
<script type="application/json" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page(payload: dict[str, Any], state: dict[str, Any], shown: ExportReport | Hierarchy | None, static: Path) -> str:
    """The whole document.

    Args:
        payload: what the view draws.
        state: its traits.
        shown: where sources and details come from; without it the page has none.
        static: the folder of the built bundle.
    """
    data = {"payload": payload, "state": state, **_sources(shown), "detail": _details(shown)}
    script = _script((static / "widget.js").read_text(encoding="utf-8"))
    styles = (static / "widget.css").read_text(encoding="utf-8") + STYLE
    parts = {
        "policy": _policy(script),
        "title": f"{escaped(payload['title'])} as ONNX",
        "css": styles.replace("</", "<\\/"),
        "static": fragment(shown) if shown is not None else "This page needs scripts.",
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        "script": script,
    }
    return PAGE.format_map(parts)


def _script(bundle: str) -> str:
    """The bundle and the adapter as the text of one inline module."""
    found = EXPORT.search(bundle.rstrip())
    if found is None:
        raise ModelExportError("The widget's bundle has no default export. Build it again: `npm run build` in js/.")
    code = f"{bundle.rstrip()[: found.start()]}{ADAPTER}({found[1]});"
    # The only texts that an HTML parser obeys inside a script; both mean the same to JavaScript.
    code = re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE).replace("<!--", "<\\!--")
    return code.replace("\r\n", "\n").replace("\r", "\n")


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = {
        "default-src": "'none'",
        "script-src": f"'sha256-{digest}'",
        "worker-src": "blob:",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return escape("; ".join(f"{name} {value}" for name, value in rules.items()))


def _sources(shown: ExportReport | Hierarchy | None) -> dict[str, Any]:
    """Each text once, and which row has which."""
    sources: list[dict[str, Any]] = []
    source_of: dict[str, int] = {}
    known: dict[object, int | None] = {}
    if shown is None:
        return {"sources": sources, "sourceOf": source_of}
    for row in shown.tree:
        module = shown.modules.modules[row.path]
        kind = (module.forward, module.class_name)
        if kind not in known:
            try:
                sources.append(row_source(shown, row.index))
                known[kind] = len(sources) - 1
            except ModelExportError:  # not on this machine: the page says so
                known[kind] = None
        if (number := known[kind]) is not None:
            source_of[str(row.index)] = number
    return {"sources": sources, "sourceOf": source_of}


def _details(shown: ExportReport | Hierarchy | None) -> dict[str, Any]:
    count = 0 if shown is None else shown.tree.rows[0].total
    return {} if shown is None or count > MOST else {str(node): node_detail(shown, node) for node in range(count)}
