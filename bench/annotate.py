"""What annotating through Spark and Delta costs beside vLLM alone, and what a killed run costs.

    python bench/annotate.py [--passages 4000] [--width 256] [--layers 4] [--repeats 2]

The same prompts, about the sample corpus, go to the same model (a Llama of random weights) with the same settings: in
turn through `annotate`'s own path (requests, engine, spool, Delta) and straight to `LLM.chat`, each time in a process
of its own. The machine may be noisy, so that both are repeated, and the mean rates are compared. Starting the engine
is left out of all. Looking up what is due and committing the answers takes Spark some seconds, however many there are:
of 240 passages, which this small model reads in 22 s, they are a fifth of the time. The last line is one JSON object.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))  # the driver and the endpoint of the kill tests

MAX_TOKENS = 64  # so that both do the same work: random weights never come to an end by themselves
WARM_UP = 8
KEEP_ALIVE = 30  # seconds that the first engine waits for more; the memory is the next one's only when it has ended


def model(folder: Path, *, width: int, layers: int) -> Path:
    """A Llama of so many layers, with the tokenizer of finerweb.engines._vllm.random_model; vLLM draws its weights."""
    from transformers import AutoConfig

    from finerweb.engines._vllm import random_model

    random_model.build(folder)
    config = AutoConfig.from_pretrained(folder)
    config.update(
        {
            "hidden_size": width,
            "intermediate_size": 3 * width,
            "num_hidden_layers": layers,
            "num_attention_heads": width // 32,
            "num_key_value_heads": width // 32,
            "head_dim": 32,
        }
    )
    config.save_pretrained(folder)
    return folder


def engine_settings(folder: Path, memory: float) -> dict[str, Any]:
    """What both are started with."""
    context = {"max_model_len": 8192, "gpu_memory_utilization": memory}
    return {"model": str(folder), "load_format": "dummy", "dtype": "auto", **context}


def direct(given: dict[str, Any]) -> dict[str, Any]:
    """Seconds and tokens of `LLM.chat`."""
    from vllm import LLM, SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    from finerweb.questions import ner

    llm = LLM(**given["settings"])
    schema = StructuredOutputsParams(json=ner.SCHEMA, disable_any_whitespace=True)
    sampling = SamplingParams(temperature=0.0, seed=0, max_tokens=MAX_TOKENS, structured_outputs=schema)
    llm.chat(given["messages"][:WARM_UP], sampling, use_tqdm=False)
    began = time.monotonic()
    answers = llm.chat(given["messages"][WARM_UP:], sampling, use_tqdm=False)
    seconds = time.monotonic() - began
    tokens = sum(len(answer.prompt_token_ids) + len(answer.outputs[0].token_ids) for answer in answers)
    return {"seconds": seconds, "requests": len(answers), "tokens": tokens}


def through_spark(given: dict[str, Any]) -> dict[str, Any]:
    """Seconds and tokens of the same requests through `conversation.answer_missing`, and their messages."""
    from pyspark.sql import functions as F

    from finerweb.asking import conversation, exchange
    from finerweb.formats import marked
    from finerweb.running.failures import load_settings
    from finerweb.running.session import opened
    from finerweb.tables import completions

    settings, passages = given["settings"], given["passages"]
    options = json.dumps({"engine": "vllm", **settings, "max_tokens": MAX_TOKENS, "tasks": 1, "keep_alive": KEEP_ALIVE})
    chosen = load_settings("conf/local.yml", [f"work={given['work']}", f"models.bench={options}", "ask.attempts=1"])
    texts = [
        (f"{file.stem}-{document.name}#{copy}", file.stem, f"{copy}. {document.text}")
        for copy in range(1 + passages // 250)
        for file in sorted((ROOT / "sample").glob("*.txt"))
        for document in marked.documents(file.read_text(encoding="utf-8"))
    ][:passages]
    with opened(chosen) as lake:
        frame = lake.spark.createDataFrame(texts, "passage_id string, language string, text string")
        models = {"bench": chosen.models["bench"]}
        requests = conversation.requests(frame, question="ner", models=models, languages=chosen.languages)
        due = requests.frame.withColumn("attempt", F.lit(1)).withColumn("last_problem", F.lit(None))
        rows = due.orderBy("language", "request_id").collect()
        rendered = [exchange.render(row) for row in rows]
        first = [row["request_id"] for row in rows[:WARM_UP]]
        seconds = []
        for part in (requests.frame.filter(F.col("request_id").isin(first)), requests.frame):
            began = time.monotonic()
            conversation.answer_missing(lake, dataclasses.replace(requests, frame=part), how=chosen.ask, tasks=1)
            seconds.append(time.monotonic() - began)
        timed = lake.read(completions.TABLE).filter(~F.col("request_id").isin(first))
        answers, tokens = timed.agg(F.count("*"), F.sum(F.col("tokens_in") + F.col("tokens_out"))).collect()[0]
    messages = [
        [{"role": "system", "content": request.instructions}, {"role": "user", "content": request.prompt}]
        for request in rendered
    ]
    return {"seconds": seconds[1], "requests": answers, "tokens": tokens, "messages": messages}


PARTS = {part.__name__: part for part in (direct, through_spark)}


def apart(part: Callable[[dict[str, Any]], dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """What a part measures, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as folder:
        file = Path(folder) / "given.json"
        file.write_text(json.dumps({**given, "work": str(Path(folder) / "work")}), encoding="utf-8")
        subprocess.run([sys.executable, __file__, "--part", part.__name__, str(file)], check=True)
        measured: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    print(part.__name__, {name: value for name, value in measured.items() if name != "messages"}, flush=True)
    return measured


def rate(runs: list[dict[str, Any]], unit: str) -> float:
    """Requests or tokens a second, the mean of the runs."""
    return sum(run[unit] / run["seconds"] for run in runs) / len(runs)


def killed(work: Path) -> tuple[float, int]:
    """Requests over passages, and passages without an answer, after the driver was killed half-way."""
    import kills

    counted = kills.run_killed([(kills.kill_driver, 0.5)], work, passages=kills.PASSAGES)
    return counted.total() / kills.PASSAGES, kills.PASSAGES - len(counted)


def main() -> None:
    """Print a line for each part, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=4000, help="as many as one and a half languages need")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2, help="runs of each")
    parser.add_argument("--memory", type=float, default=0.4, help="share of the machine's or the GPU's, for vLLM")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, file = options.part[0], Path(options.part[1])
        file.write_text(json.dumps(PARTS[name](json.loads(file.read_text(encoding="utf-8")))), encoding="utf-8")
        return
    from machine import device

    with tempfile.TemporaryDirectory(prefix="finerweb-bench-") as name:
        folder = model(Path(name) / "model", width=options.width, layers=options.layers)
        given = {"settings": engine_settings(folder, options.memory), "passages": options.passages}
        spark, alone = [], []
        for _ in range(options.repeats):
            spark.append(apart(through_spark, given))
            time.sleep(KEEP_ALIVE + 10)
            alone.append(apart(direct, {**given, "messages": spark[-1]["messages"]}))
        repeated, missing = killed(Path(name) / "killed")
    figures = {
        "spark_over_vllm": round(rate(spark, "requests") / rate(alone, "requests"), 3),
        "requests_over_passages_after_kill": round(repeated, 4),
        "missing_after_kill": missing,
        "tokens_per_s": round(rate(spark, "tokens"), 1),
        "device": device(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
