"""`finerweb tag`: the entities of texts, a JSON object a line."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, configured, tell
from finerweb.errors import BadInput
from finerweb.formats import json_lines
from finerweb.settings import Settings

if TYPE_CHECKING:
    from finerweb.taggers import Tagger

TAGGERS = "finerweb.taggers"
AT_ONCE = 1000  # texts that are read before they are tagged: sorted by length they pad less

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE...]", help="A text a line, or JSON lines; standard input if none.")
]
Labels = Annotated[str, typer.Option("--labels", help="What to look for: person,city. Else the model's own.")]
Model = Annotated[str | None, typer.Option("--model", help="A folder, or what the kind loads. Else the champion.")]
Kind = Annotated[str, typer.Option("--kind", help="A file of finerweb/taggers.")]
Threshold = Annotated[float | None, typer.Option("--threshold", min=0, max=1, help="Else the model's own.")]


class Line(NamedTuple):
    """A line of input: what it is called, its text, or why it has none."""

    id: Any
    text: str
    problem: str | None = None


def main(
    files: Files = None,
    *,
    labels: Labels = "",
    model: Model = None,
    kind: Kind = "student",
    threshold: Threshold = None,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Find entities in texts, with the champion or any model; exit status 1 if a line has no text."""
    with configured(conf, set) as settings:
        tagger = _tagger(settings, kind, model)
        wanted = [label.strip() for label in labels.split(",") if label.strip()] or own_labels(tagger)
        least = tagger.threshold if threshold is None else threshold
        is_whole = True
        try:
            for record in tagged(tagger, read(files or []), wanted, threshold=least):
                is_whole &= "problem" not in record
                print(json.dumps(record, ensure_ascii=False), flush=True)
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0 if is_whole else 1)


def _tagger(settings: Settings, kind: str, model: str | None) -> "Tagger":
    from finerweb.training import candidates, tracking  # torch and mlflow take seconds to import

    if model is not None:
        return candidates.load(kind, model, {})
    registry = settings.tracking
    tracking.connect(registry.uri, registry.experiment)
    version = tracking.current(registry.student, registry.alias)
    if version is None:
        version = tracking.require(registry.student, registry.challenger)
        tell(f"no champion yet: {registry.student}/{version} is a challenger")
    folder = str(tracking.download(registry.student, version))
    return candidates.load(candidates.STUDENT, folder, {"name": f"{registry.student}/{version}"})


def own_labels(tagger: "Tagger") -> list[str]:
    """The labels that a tagger has, or the most frequent of those that it was trained on; raises BadInput."""
    from finerweb.taggers.student import LABELS

    card = getattr(tagger, "card", None)
    labels = list(tagger.labels) or (card.frequent(LABELS) if card else [])
    if not labels:
        raise BadInput(
            f"model {tagger.name}",
            found="no labels of its own",
            wanted="what to look for",
            way_out="name it: --labels person,city",
        )
    return labels


def read(files: Sequence[Path]) -> Iterator[Line]:
    """The lines of files or of standard input: objects with `text` and perhaps `id`, or the texts themselves."""
    if not files:
        yield from _lines("", ((number, line) for number, line in enumerate(sys.stdin.buffer, start=1) if line.strip()))
    for file in files:
        yield from _lines(f"{file}:", json_lines.lines(file))


def _lines(prefix: str, lines: Iterable[tuple[int, bytes]]) -> Iterator[Line]:
    for number, line in lines:
        name = f"{prefix}{number}" if prefix else number
        try:
            if line.lstrip().startswith(b"{"):
                record = json_lines.record(line)
                yield Line(record.get("id", name), json_lines.text(record))
            else:
                yield Line(name, line.decode().strip("\r\n"))
        except (BadInput, UnicodeDecodeError) as error:
            reason = str(error) if isinstance(error, BadInput) else "found bytes that are not UTF-8"
            tell(f"line {name}: {reason}")
            yield Line(name, "", reason)


def tagged(
    tagger: "Tagger", lines: Iterable[Line], labels: Sequence[str], *, threshold: float
) -> Iterator[dict[str, Any]]:
    """A record for each line, in order: its id, and its entities or its problem."""
    from finerweb.text.tags import entities

    stream = iter(lines)
    while part := list(islice(stream, AT_ONCE)):
        tags = tagger.tag([line.text for line in part], labels, least=threshold)
        for line, of_text in zip(part, tags, strict=True):
            if line.problem:
                yield {"id": line.id, "problem": line.problem}
                continue
            yield {"id": line.id, "entities": entities(line.text, of_text, threshold)}
