"""How Sphinx builds these pages: `make docs`."""

import re
from typing import Any

project = "finerweb"
copyright = "the authors of finerweb; Apache-2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
html_theme = "furo"
html_title = "finerweb"
myst_heading_anchors = 3


def stay_inside(app: Any, page: str, source: list[str]) -> None:
    """Links to files of the project, which are not part of the site, become the files' names."""
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./([^)]+)\)", _name, source[0])


def _name(link: re.Match[str]) -> str:
    text, path = link[1], link[2]
    return text if text.strip("`") in path else f"{text} (`{path}`)"


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", stay_inside)
