"""Where the project's own files are: beside the package in a checkout, inside it in a wheel or a zip archive."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from finerweb.errors import NotInstalled


def resource(*parts: str) -> Traversable:
    """A file or folder that ships with the project, such as `resource("conf", "default.yml")`.

    Raises NotInstalled, naming both places that were looked at.
    """
    package = files("finerweb")
    inside = package.joinpath(*parts)
    if inside.is_file() or inside.is_dir():
        return inside
    beside = package.joinpath("..", *parts)
    if beside.is_file() or beside.is_dir():
        return beside
    raise NotInstalled(f"{'/'.join(parts)} is not part of this installation: looked for {inside} and {beside}")
