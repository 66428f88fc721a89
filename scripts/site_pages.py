"""The pages of the site (`make docs`), as a hook of mkdocs: the documents, laid out as in the repository.

A relative link so means the same on the site as on GitHub. Notebooks come as they were saved, without the live widgets:
those need a kernel and load scripts from other hosts; their static views need neither. What is built is checked: a link
to a file that is not there, or anything loaded from another host, is a warning, which `--strict` makes an error.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
LAID_OUT = ROOT / "build" / "docs"
GUIDE = [
    "magic",
    "command-line",
    "api",
    "sweeps",
    "view",
    "attribution",
    "measures",
    "contract",
    "limits",
    "neighbours",
]
LOG = logging.getLogger("mkdocs.hooks.site_pages")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def on_config(config: Any) -> Any:
    """Lay the documents out, and list them in the order of reading; notebooks in that of their names."""
    lay_out(LAID_OUT)
    examples = sorted(path.name for path in (LAID_OUT / "examples").iterdir())
    texts = sorted((name for name in examples if name.endswith(".md")), key=lambda name: (name != "README.md", name))
    notebooks = [name for name in examples if name.endswith(".ipynb")]
    config.docs_dir = str(LAID_OUT)
    config.nav = [
        {"Home": "README.md"},
        {"Notebooks": [f"examples/{name}" for name in texts[:1] + notebooks + texts[1:]]},
        {"Guide": [f"docs/{name}.md" for name in GUIDE]},
        {"Measured": ["docs/TRUTH.md", "docs/ZOO.md"]},
        {"Project": ["CONTRIBUTING.md", "CHANGELOG.md"]},
    ]
    return config


def lay_out(target: Path) -> None:
    """Copy the documents and what they link to."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in ROOT.glob("*.md"):
        shutil.copy(path, target)
    shutil.copytree(ROOT / "docs", target / "docs")
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "examples", target / "examples", ignore=ignored)
    for path in (target / "examples").glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(without_widgets(notebook)), encoding="utf-8")


def without_widgets(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the static views alone."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """A notebook's page: links lead to pages, and nothing is loaded from another host."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    html = re.sub(r"<script\b[^>]*>(?:(?!</script>).)*https://(?:(?!</script>).)*</script>", "", html, flags=re.DOTALL)
    html = re.sub(r'<script\b[^>]*\bsrc="[^"]*"[^>]*>\s*</script>', "", html)
    return re.sub(r'href="((?!\w+:)[^"#]+)(?=["#])', _to_page, html)


def _to_page(link: re.Match[str]) -> str:
    target = re.sub(r"(^|/)README\.md$", r"\1index.html", link[1])
    return f'href="{re.sub(r"[.](?:md|ipynb)$", ".html", target)}'


# ---- what was built ----


class References(HTMLParser):
    """What a page leads to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.leads_to: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src", "data", "srcset"):
                (self.leads_to if tag == "a" else self.loads).append(value)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.loads += re.findall(r"""import\s*\(?\s*["'](https?:[^"']+)""", data)


def on_post_build(config: Any) -> None:
    """Warn of what a reader without a network would miss."""
    site = Path(config.site_dir)
    for page in sorted(site.rglob("*.html")):
        if page.name != "404.html":  # its links are those of a server
            for fault in faults_of(page.read_text(encoding="utf-8"), page.parent):
                LOG.warning("%s: %s", page.relative_to(site), fault)


def faults_of(text: str, folder: Path) -> list[str]:
    """What is wrong with a page that lies in a folder."""
    page = References(text)
    loads = [(target, urlsplit(target)) for target in page.loads]
    faults = [f"loads {target}" for target, parts in loads if parts.netloc]
    for target in [*page.leads_to, *page.loads]:
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc and parts.path and not (folder / unquote(parts.path)).exists():
            faults.append(f"leads to {target}, which is not there")
    return faults
