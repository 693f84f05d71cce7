"""Templates of finerweb/report/templates, filled in."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import finerweb

Filter = Callable[..., Any]


def filled(template: str, values: Mapping[str, Any], filters: Mapping[str, Filter]) -> str:
    """A template with its values, `version` (of finerweb) among them; what is HTML is escaped."""
    environment = Environment(
        loader=PackageLoader("finerweb.report"),
        undefined=StrictUndefined,
        autoescape=".html" in template,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template(template).render(version=finerweb.__version__, **values)


def cell(value: object) -> str:
    """A text that stays in its cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")
