"""All jobs on two languages of the sample, in one driver: what is run on clusters and servers."""

import shutil
from pathlib import Path

from finerweb.encoders import pretrained

ROOT = Path(__file__).parents[2]
LANGUAGES = ["eng", "tha"]

# Characters that are two of the JVM's: an offset that is counted in those is wrong from here on. Twice: near-duplicates.
ASTRAL = "".join(
    f"""=== {name} rich
🙂🙃 The night ferry to [Berlin](city) 🚢 costs [€18,500](money).
The office in [Paris](city) said so on [9 August 2021](date).
"""
    for name in ("emoji-city", "emoji-copy")
)

# A job takes half a minute to start, most of it Spark: all of them in one driver, by the same API as the job files.
DRIVER = """
import sys
from finerweb import graph
from finerweb.running.failures import load_settings
from finerweb.running.runner import Runner, line
from finerweb.running.session import opened

chosen = load_settings("conf/test.yml", sys.argv[1:])
with opened(chosen) as lake:
    runner = Runner(lake, chosen)
    for name in [*graph.order(), *graph.beside()]:
        print(line(runner.run(name, graph.load(name).main)), flush=True)
"""


def corpus(folder: Path) -> Path:
    """Two languages of the sample, the texts above, and a file that is refused."""
    folder.mkdir()
    for language in LANGUAGES:
        shutil.copy(ROOT / "sample" / f"{language}.txt", folder)
    with (folder / "eng.txt").open("a", encoding="utf-8") as file:
        file.write(ASTRAL)
    (folder / "tur.txt").write_text("No heading stands above this text.", encoding="utf-8")
    return folder


def overrides(driver: Path, shared: Path) -> list[str]:
    """The tables and the data set where everyone reaches them; all else on the driver's own disk.

    One small encoder serves for both purposes: half a gigabyte for each worker would show nothing more.
    """
    encoder = shutil.copytree(pretrained.fetch(pretrained.Encoder("minilm"), driver), driver / "encoder")
    return [
        f"work={driver / 'work'}",
        f"lake.location=file:{shared}/lake",
        f"publish.path=file:{shared}/dataset",
        f"report.path={driver}/report.html",
        f"ingest.sources=[{{name: sample, format: annotated, path: {corpus(driver / 'corpus')}}}]",
        f"train.encoder={{source: folder, name: {encoder}}}",
        f"merge.encoder={{source: folder, name: {encoder}}}",
        f"student.encoder={{source: folder, name: {encoder}}}",
        "evaluate.benchmarks=[test]",
        "select.threshold=-9",  # two epochs on thirty texts teach nothing
        f"ask.spool=file:{shared}/spool",
    ]
