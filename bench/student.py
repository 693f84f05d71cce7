"""A student beside gliner: the same encoder, texts, order and steps; and what labels and the tagging job cost.

    python bench/student.py [--shared FOLDER] [--seeds 3] [--steps 1500] [--per-set 400] [--texts 200] [--ways 4]
    python bench/student.py --seeds 1 --steps 200 --per-set 200 --texts 60 --ways 1     # under an hour on one core

Trained on `ner/train` (without CrossNER's music and WNUT-17, whose labels and texts are to be unseen), passed through
the tables `examples` and `documents` and the job train_student. gliner is trained in four ways (learning rates, wrong
labels); the one that does best on the validation split is compared. Its words are ICU's. Each threshold is chosen on
the validation split. The part `alone` is trained on Thai alone. Each part is a process of its own, one after another.
The table goes to bench/results/student.md, and the last line is one JSON object: gliner's figures are subtracted or
divided by.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from student_report import write
from student_sets import Benchmark, benchmarks, rows
from student_tagging import BATCH, filled, tag_job

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
# gliner's learning rates, of its encoder and of the rest, and whether it is given each sentence's wrong labels or takes
# those of the batch, its default; the last rates are its default too.
WAYS = [(1.5e-4, 6e-4, False), (1.5e-4, 6e-4, True), (5e-5, 2e-4, False), (1e-5, 5e-5, False)]
LEAST = 0.05  # scores that are looked at


def tagger_part(given: dict[str, Any], tagger: Any) -> dict[str, Any]:
    """Counts of each benchmark's texts, and how many texts a second were tagged."""
    from finerweb.evaluation import counting

    results = {}
    for name, benchmark in given["benchmarks"].items():
        texts = [text.text for text in benchmark.texts]
        began = time.process_time()
        tags = tagger.tag(texts, benchmark.labels, least=LEAST)
        seconds = time.process_time() - began
        outcome = counting.compare(benchmark.texts, tags, benchmark.labels, tagger.threshold)
        counts = counting.per_text(outcome, *outcome.everything)
        results[name] = {
            "counts": counts.tolist(),
            "f1": counting.figures(counts).f1,
            "auprc": counting.auprc(outcome, *outcome.everything),
            "texts_per_s": len(texts) / seconds,
        }
    return {"benchmarks": results, "threshold": tagger.threshold}


def train_ours(given: dict[str, Any]) -> dict[str, Any]:
    """Through the tables and the job, then from the registry."""
    from finerweb import graph
    from finerweb.running.runner import Runner
    from finerweb.taggers import student
    from finerweb.training import tracking

    lake, chosen = filled(given)
    outcome = Runner(lake, chosen).run("train_student", graph.load("train_student").main)
    folder = tracking.download(chosen.tracking.student, "1")
    run = tracking.describe(chosen.tracking.student, chosen.tracking.challenger)
    lake.spark.stop()
    tagger = student.load(str(folder), name="student/1")
    return {
        **tagger_part(given, tagger),
        "seconds_per_step": run.metrics["seconds_per_step"],
        "validation_f1": run.metrics["validation_f1"],
        "note": outcome.notes[0],
        "labels_1000_over_10": labels_cost(tagger, given["benchmarks"]["ewt"]),
    }


def labels_cost(tagger: Any, benchmark: Benchmark) -> float:
    """How many times as long a text takes with 1,000 labels as with 10, their vectors read before."""
    names = [f"{first} {second}" for first in _words() for second in _words()][:1000]
    texts = [text.text for text in benchmark.texts]
    seconds = []
    for labels in (names[:10], names):
        tagger.tag(texts[:4], labels, least=0.5)
        began = time.process_time()
        tagger.tag(texts, labels, least=0.5)
        seconds.append(time.process_time() - began)
    return seconds[1] / seconds[0]


def _words() -> list[str]:
    first = "river person medical football political chemical ancient digital military musical legal royal public"
    second = "club law award treaty engine poem festival enzyme bridge island journal party court sword song ship star"
    third = "road"
    return f"{first} {second} {third}".split()[:32]


def train_gliner(given: dict[str, Any]) -> dict[str, Any]:
    """With gliner's own loop; its threshold is chosen as ours."""
    from finerweb import settings
    from finerweb.encoders import pretrained
    from finerweb.student import sampling, validation
    from finerweb.student.examples import Inventories
    from finerweb.student.recipe import StudentRecipe
    from finerweb.taggers import gliner
    from finerweb.taggers._gliner import fitting
    from finerweb.training import recipes

    chosen = settings.load("conf/local.yml", [f"work={given['folder']}"])
    recipe: StudentRecipe = chosen.student.training.model_copy(
        update={"steps": given["steps"], "batch_size": BATCH, "seed": given["seed"]}
    )
    train, choosing = parted(given)
    order = sampling.schedule(train, recipe).ravel()
    inventories = Inventories([*train, *choosing])
    folder = Path(given["folder"]) / "gliner"
    draw = np.random.default_rng(given["seed"])
    shown = [train[row] for row in order]
    fitted = fitting.fit(
        shown,
        encoder=pretrained.fetch(recipe.encoder, chosen.work),
        folder=folder,
        steps=given["steps"],
        batch_size=BATCH,
        learning_rate=given["way"][0],
        head_learning_rate=given["way"][1],
        negatives=[recipes.wrong_labels(example, inventories, draw) for example in shown] if given["way"][2] else None,
        seed=given["seed"],
    )
    tagger: Any = gliner.load(str(folder), name="gliner")
    choice = validation.choose_of(tagger, choosing, inventories)
    tagger.threshold = choice.threshold
    return {
        **tagger_part(given, tagger),
        "seconds_per_step": fitted.seconds_per_step,
        "validation_f1": choice.f1,
        "note": f"{len(fitted.unreachable)} entities not on word edges",
    }


def parted(given: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The same training and validation examples, in the same order, as the job reads from the tables."""
    import pandas as pd

    from finerweb.tables import examples
    from finerweb.training import students

    names = [column.name for column in examples.TABLE.columns]
    made, _ = rows(given["ner"], per_set=given["per_set"], only=given["only"])
    frame = pd.DataFrame(made, columns=names)
    frame["inventory"] = [document.partition("/")[0] for document in frame["document_id"]]
    frame["disputed"] = [[] for _ in range(len(frame))]
    train = [example for _, example in students.examples(frame[frame["split"] == "train"])]
    return train, students.validation_part(frame[frame["split"] == "validation"], given["validation"])


PARTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "ours": train_ours,
    "gliner": train_gliner,
    "tagging": tag_job,
}


def run_part(name: str, arguments: argparse.Namespace, **given: Any) -> dict[str, Any]:
    """A part in a process of its own, whose last line is what it gives; read again where it is kept."""
    options = [*_passed(arguments), name, json.dumps(given, sort_keys=True)]
    kept = arguments.keep and arguments.keep / f"{hashlib.sha256(' '.join(options).encode()).hexdigest()[:12]}.json"
    if kept and kept.is_file():
        result: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return result
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as folder:
        stated = {"folder": folder, "only": "", "settings": [], **given, "part": name}
        command = [sys.executable, __file__, *_passed(arguments), "--part", json.dumps(stated)]
        began = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
        print(f"{name} {given}: {time.monotonic() - began:,.0f} s", file=sys.stderr, flush=True)
        result = json.loads(done.stdout.splitlines()[-1])
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(result), encoding="utf-8")
    return result


def _passed(arguments: argparse.Namespace) -> list[str]:
    names = ("shared", "steps", "per_set", "texts")
    return [word for name in names for word in (f"--{name.replace('_', '-')}", str(getattr(arguments, name)))]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the parts one after another, write the table, print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--per-set", type=int, default=400)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--ways", type=int, default=len(WAYS), help="in how many of its ways gliner is trained")
    parser.add_argument("--times", type=int, default=8, help="how often the job tags the benchmarks' texts")
    parser.add_argument("--keep", type=Path, help="a folder for the results of parts, which are not run again")
    parser.add_argument("--part", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    ner = arguments.shared / "data" / "ner"
    if not ner.is_dir():
        raise SystemExit(f"no human-annotated sets in {ner}; name the folder that has data/ner: --shared FOLDER")
    if arguments.part:
        given = json.loads(arguments.part)
        given |= {"ner": ner, "steps": arguments.steps, "per_set": arguments.per_set, "validation": 40}
        given["benchmarks"] = benchmarks(ner, limit=arguments.texts)
        print(json.dumps(PARTS[given["part"]](given)))
        return
    parts = {
        "ours": [run_part("ours", arguments, seed=seed) for seed in range(arguments.seeds)],
        "alone": [run_part("ours", arguments, seed=0, only="thainer")],
        "tagging": [run_part("tagging", arguments, seed=0, times=arguments.times)],
        "gliner": [
            max(
                (run_part("gliner", arguments, seed=seed, way=way) for way in WAYS[: arguments.ways]),
                key=lambda part: part["validation_f1"],
            )
            for seed in range(arguments.seeds)
        ],
    }
    print(json.dumps(write(parts, benchmarks(ner, limit=arguments.texts), arguments)))


if __name__ == "__main__":
    main()
