"""`finerweb push`: the published data set, to a hub; never without this command."""

import os
from typing import Annotated

import typer

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, configured, tell

Repo = Annotated[
    str, typer.Argument(metavar="OWNER/NAME", help="A data set of the hub; made where there is none of that name.")
]
Private = Annotated[bool, typer.Option("--private", help="For its owner alone.")]
Revision = Annotated[str | None, typer.Option("--revision", help="A branch, instead of main.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would be sent; no hub is asked.")]


def main(
    repo: Repo,
    *,
    private: Private = False,
    revision: Revision = None,
    dry_run: DryRun = False,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Send the published data set to the Hugging Face Hub, with the token in HF_TOKEN."""
    from finerweb.sources import hub  # datasets takes seconds to import

    with configured(conf, set) as settings:
        folder, files = hub.to_send(settings.publish.path)
        size = f"{len(files):,} files, {sum(file.bytes for file in files):,} bytes"
        if dry_run:
            typer.echo("\n".join(f"{file.bytes:>14,}  {file.path}" for file in files))
            typer.echo(f"{size} of {folder} would be sent to {repo}")
            return
        token = os.environ.get("HF_TOKEN", "").strip()
        url = hub.push(folder, repo, token=token, private=private, revision=revision)
    tell(f"{size} sent: {url}")
