"""A lake for bench/student.py, and what the job tag_passages costs beside a bare loop."""

import os
import time
from typing import Any

from student_sets import rows

BATCH = 8
TRAINED = 20  # steps of a student that is only timed: how good it is does not matter


def filled(given: dict[str, Any]) -> tuple[Any, Any]:
    """A lake with the examples of human-annotated sets, and the settings that train on them."""
    from finerweb import settings
    from finerweb.lake import Lake
    from finerweb.running import session
    from finerweb.tables import documents, examples, labels

    steps = given["steps"]
    chosen = settings.load(
        "conf/local.yml",
        [
            f"work={given['folder']}",
            "student.inventory=source",
            "student.names={english: 1}",
            f"student.steps={steps}",
            f"student.batch_size={BATCH}",
            f"student.evaluate_every={max(50, steps // 5)}",
            f"student.checkpoint_every={max(50, steps // 5)}",
            f"student.validation={given['validation']}",
            f"student.seed={given['seed']}",
            *given["settings"],
        ],
    )
    spark, _ = session.session(chosen)
    lake = Lake(spark, chosen.lake.location)
    made, sources = rows(given["ner"], per_set=given["per_set"], only=given["only"])
    lake.append(examples.TABLE, spark.createDataFrame(made, examples.TABLE.schema))
    lake.append(documents.TABLE, spark.createDataFrame(sources, documents.TABLE.schema))
    lake.create(labels.TABLE)
    return lake, chosen


def tag_job(given: dict[str, Any]) -> dict[str, Any]:
    """Texts a second of the job, over those of the same student in a loop of one process, on the same cores.

    The job's time has everything in it: starting workers, loading the model in each, writing the table.
    """
    import torch

    from finerweb import graph
    from finerweb.running.runner import Runner
    from finerweb.tables import passages
    from finerweb.taggers.student import LABELS
    from finerweb.training import tagging, tracking

    lake, chosen = filled({**given, "steps": TRAINED})
    runner = Runner(lake, chosen)
    for job in ("train_student", "promote_student"):
        runner.run(job, graph.load(job).main)
    texts = [text.text for benchmark in given["benchmarks"].values() for text in benchmark.texts] * given["times"]
    made = [_passage(number, text, passages.TABLE) for number, text in enumerate(texts)]
    lake.append(passages.TABLE, lake.spark.createDataFrame(made, passages.TABLE.schema))
    seconds = runner.run("tag_passages", graph.load("tag_passages").main).seconds
    student = tagging.fetch(chosen.tracking.student, tracking.require(chosen.tracking.student, chosen.tracking.alias))
    lake.spark.stop()

    from finerweb.taggers import student as kind

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tagger = kind.load(str(student.folder))
    labels = student.card.frequent(LABELS)
    began = time.monotonic()
    for start in range(0, len(texts), 1000):
        tagger.tag(texts[start : start + 1000], labels, least=tagger.threshold)
    loop = time.monotonic() - began
    return {"job_over_loop": loop / seconds, "texts": len(texts), "seconds": seconds, "loop_seconds": loop}


def _passage(number: int, text: str, table: Any) -> tuple[Any, ...]:
    stated: dict[str, Any] = {column.name: None if column.nullable else 0 for column in table.columns}
    stated |= {"passage_id": f"p/{number}#0", "document_id": f"p/{number}", "language": "eng", "text": text}
    return table.row(**{**stated, "end": len(text), "is_target_language": True})  # type: ignore[no-any-return]
