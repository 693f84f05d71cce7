"""A job file as a program: `jobs/split_passages.py --conf conf/prod.yml --set split.max_words=128`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from finerweb.progress import Progress
from finerweb.running.failures import failures, load_settings
from finerweb.running.runner import Main, Runner, line
from finerweb.running.session import opened


def main(job: Main) -> None:
    """Run the job of this file with the arguments of the command line; it fails as the command line does."""
    parser = argparse.ArgumentParser(description=job.__doc__)
    parser.add_argument("--conf", help="settings that differ from conf/default.yml")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting; may be repeated")
    parser.add_argument("--commit", help="the git commit of this code, for the log of runs")
    parser.add_argument("--force", action="store_true", help="run even where nothing has changed")
    parser.add_argument("--verbose", action="store_true", help="Spark's own log on the terminal")
    arguments = parser.parse_args()
    settings = load_settings(arguments.conf, arguments.set)
    progress = Progress(Console(stderr=True))
    log = settings.work / "finerweb.log"
    with failures(log), opened(settings, verbose=arguments.verbose, progress=progress) as lake:
        runner = Runner(lake, settings, force=arguments.force, commit=arguments.commit)
        print(line(runner.run(Path(sys.argv[0]).stem, job)))
