"""`finerweb push`: the published data set or a student, to a hub; never without this command."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, configured, tell
from finerweb.errors import NotPushed
from finerweb.formats.release import CARD
from finerweb.settings import Settings

if TYPE_CHECKING:
    from finerweb.sources.hub import File

Repo = Annotated[
    str, typer.Argument(metavar="OWNER/NAME", help="A repository of the hub; made where there is none of that name.")
]
Student = Annotated[bool, typer.Option("--student", help="The champion among the students, not the data set.")]
Version = Annotated[str | None, typer.Option("--version", help="Another version of the student.")]
Private = Annotated[bool, typer.Option("--private", help="For its owner alone.")]
Revision = Annotated[str | None, typer.Option("--revision", help="A branch, instead of main.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would be sent; no hub is asked.")]


class Parcel(NamedTuple):
    """What is sent: a folder, which of its files, and what kind of repository they make."""

    folder: Path
    files: "list[File]"
    kind: Literal["dataset", "model"]


def main(
    repo: Repo,
    *,
    student: Student = False,
    version: Version = None,
    private: Private = False,
    revision: Revision = None,
    dry_run: DryRun = False,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Send the published data set, or a student, to the Hugging Face Hub, with the token in HF_TOKEN."""
    from finerweb.sources import hub  # datasets takes seconds to import

    is_model = student or version is not None
    with configured(conf, set) as settings, _parcel(settings, is_model=is_model, version=version) as parcel:
        size = f"{len(parcel.files):,} files, {sum(file.bytes for file in parcel.files):,} bytes"
        if dry_run:
            typer.echo("\n".join(f"{file.bytes:>14,}  {file.path}" for file in parcel.files))
            typer.echo(f"{size} of {parcel.folder} would be sent to {repo}")
            return
        token = os.environ.get("HF_TOKEN", "").strip()
        url = hub.push(parcel.folder, repo, token=token, private=private, revision=revision, kind=parcel.kind)
    tell(f"{size} sent: {url}")


@contextmanager
def _parcel(settings: Settings, *, is_model: bool, version: str | None) -> "Iterator[Parcel]":
    """The data set where it lies, or a copy of a student with its card; raises NotPushed, NoModel."""
    from finerweb.sources import hub

    if not is_model:
        yield Parcel(*hub.to_send(settings.publish.path), "dataset")
        return
    from finerweb.training import tracking

    registry = settings.tracking
    tracking.connect(registry.uri, registry.experiment)
    version = version or tracking.require(registry.student, registry.alias)
    card = tracking.text(registry.student, version, CARD)
    if card is None:
        raise NotPushed(
            f"student {registry.student}/{version}",
            found="no card: it was not measured",
            wanted="figures that tell people what it is worth",
            way_out="run finerweb evaluate_student first; it measures the champion",
        )
    with tempfile.TemporaryDirectory(prefix="finerweb-push-") as place:
        folder = Path(place) / registry.student
        shutil.copytree(tracking.download(registry.student, version), folder)
        (folder / CARD).write_text(card, encoding="utf-8")
        yield Parcel(folder, hub.listed(folder), "model")
