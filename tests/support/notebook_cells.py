"""The cells of the notebooks, run one after the other, as Jupyter and Databricks run them."""

import ast
import json
from pathlib import Path
from typing import Any

from finerweb import notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(ROOT.glob("notebooks/*.ipynb"))}


def shown(name: str, **parameters: Any) -> list[str]:
    """Run a notebook with these values in the place of its parameters; what its cells show."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    pages = []
    for cell in NOTEBOOKS[name]["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), scope)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), scope)
            if value is not None:
                pages.append(value._repr_html_() if isinstance(value, notebook.Html) else type(value).__name__)
        if "parameters" in cell["metadata"].get("tags", []):
            scope |= parameters
    return pages
