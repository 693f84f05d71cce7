"""The table and the figures of bench/student.py."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from machine import device
from student_sets import Benchmark

from finerweb.evaluation import resampling

RESULTS = Path(__file__).parent / "results" / "student.md"

Part = Mapping[str, Any]


def f1(parts: Sequence[Part], name: str) -> float:
    """Of a benchmark, the mean over the seeds."""
    return mean(part["benchmarks"][name]["f1"] or 0.0 for part in parts)


def difference(ours: Sequence[Part], theirs: Sequence[Part], names: Sequence[str]) -> resampling.Interval:
    """Of F1 on some benchmarks together, by a paired bootstrap over texts; the seeds' counts are summed."""
    sides = [
        np.concatenate(
            [np.sum([part["benchmarks"][name]["counts"] for part in parts], axis=0) for name in names]
        ).astype(np.int64)
        for parts in (ours, theirs)
    ]
    interval = resampling.difference(*sides)
    assert interval is not None
    return interval


def write(
    parts: Mapping[str, Sequence[Part]], benchmarks: Mapping[str, Benchmark], arguments: argparse.Namespace
) -> dict[str, float]:
    """Write the table; returns the figures of the last line."""
    ours, theirs = parts["ours"], parts["gliner"]
    by_script: dict[str, list[str]] = {}
    for name, benchmark in benchmarks.items():
        by_script.setdefault(benchmark.script, []).append(name)
    intervals = {script: difference(ours, theirs, names) for script, names in by_script.items()}
    figures = {
        "over_gliner_f1": mean(f1(ours, name) - f1(theirs, name) for name in benchmarks),
        "worst_script_lower_bound": min(interval.low for interval in intervals.values()),
        "steps_ratio": mean(p["seconds_per_step"] for p in theirs) / mean(p["seconds_per_step"] for p in ours),
        "texts_ratio": mean(
            mean(part["benchmarks"][name]["texts_per_s"] for part in ours)
            / mean(part["benchmarks"][name]["texts_per_s"] for part in theirs)
            for name in benchmarks
        ),
        "mean_f1": mean(f1(ours, name) for name in benchmarks),
        "tha_joint_minus_alone": f1(ours, "thai") - f1(parts["alone"], "thai"),
        "labels_1000_over_10": mean(part["labels_1000_over_10"] for part in ours),
        "tag_job_over_loop": parts["tagging"][0]["job_over_loop"],
    }
    lines = [
        "# A student beside gliner",
        "",
        f"`python bench/student.py --seeds {arguments.seeds} --steps {arguments.steps} --per-set {arguments.per_set} "
        f"--texts {arguments.texts} --ways {arguments.ways}` on {device()}. Strict span and type micro F1; each "
        "threshold from the validation split. The same encoder, texts, order and steps; gliner with ICU's words, "
        f"trained in {arguments.ways} of four ways (learning rates; wrong labels of each sentence's own set, or of the "
        "batch), of which the best by the validation split is shown.",
        "",
        "| benchmark | texts | entities | student | gliner | student's AUPRC | gliner's AUPRC | student, texts a CPU s "
        "| gliner, texts a CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, benchmark in benchmarks.items():
        counted = np.sum(ours[0]["benchmarks"][name]["counts"], axis=0)
        lines.append(
            f"| {name} | {len(benchmark.texts)} | {counted[2]:,} | {f1(ours, name):.3f} | {f1(theirs, name):.3f} "
            + " ".join(
                f"| {mean(part['benchmarks'][name][key] or 0.0 for part in side):.{digits}f}"
                for key, digits in (("auprc", 3), ("texts_per_s", 1))
                for side in (ours, theirs)
            )
            + " |"
        )
    lines += ["", "| script | student minus gliner | 95 % interval |", "|---|---|---|"]
    lines += [
        f"| {script} | {interval.mean:+.3f} | {interval.low:+.3f} to {interval.high:+.3f} |"
        for script, interval in intervals.items()
    ]
    lines += [
        "",
        f"Seconds a step: {mean(p['seconds_per_step'] for p in ours):.2f} and "
        f"{mean(p['seconds_per_step'] for p in theirs):.2f}. Thai alone: {f1(parts['alone'], 'thai'):.3f}. Thresholds: "
        f"{', '.join(str(part['threshold']) for part in ours)} and {', '.join(str(p['threshold']) for p in theirs)}.",
        f"The job tag_passages: {parts['tagging'][0]['texts']:,} texts in {parts['tagging'][0]['seconds']:.0f} s, "
        f"{parts['tagging'][0]['loop_seconds']:.0f} s in a loop of one process.",
        f"gliner: {theirs[0]['note']}. Student: {ours[0]['note']}.",
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
    return {name: round(value, 3) for name, value in figures.items()}
