"""How long the search for variants of labels takes, of more and more labels.

    python bench/variants.py [--labels 10000 20000 100000 1000000] [--many]

Labels are one to three made-up words, of which few are frequent and half are misspelt once or twice. What is taken is
the CPU time of one task and what its memory grows by; with `--many`, the seconds that it takes over many tasks, in a
Spark session of its own. The table goes to bench/results/variants.md, and the last line is one JSON object.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "variants.md"
ROOTS = 6000
WRONG = ("", "e", "a", " ")  # what stands in the place of a letter


def corpus(labels: int) -> dict[str, int]:
    """Labels and how often each was written."""
    chance = random.Random(1)
    syllables = [first + second for first in "bcdfglmnprst" for second in ("a", "e", "i", "o", "u", "er", "on")]
    roots = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(ROOTS)]
    counts: dict[str, int] = {}
    while len(counts) < labels:
        label = " ".join(chance.choices(roots, k=chance.choice((1, 2, 2, 3, 3))))
        counts[label] = min(int(chance.paretovariate(0.6)), 10**7)
        for _ in range(chance.choice((0, 0, 1, 2))):
            place = chance.randrange(len(label))
            label = label[:place] + chance.choice(WRONG) + label[place + 1 :]
            counts.setdefault(label.strip() or "label", chance.randint(1, 3))
    return counts


def in_one_task(counts: dict[str, int]) -> int:
    """The number of variants."""
    from finerweb.labels.variants import variants

    return len(variants(counts))


def over_tasks(counts: dict[str, int]) -> int:
    """The number of variants."""
    import pandas as pd

    from finerweb import settings
    from finerweb.labels.meanings import meanings
    from finerweb.running import session

    own, _ = session.session(settings.load("conf/local.yml", []))
    frame = own.createDataFrame(pd.DataFrame(counts.items(), columns=["canonical", "mentions"]))
    return meanings(frame, few=False).count()


def measure(labels: int, *, many: bool) -> dict[str, float]:
    """Of this process, which did nothing before."""
    counts = corpus(labels)
    before, cpu, began = _peak(), time.process_time(), time.perf_counter()
    number = (over_tasks if many else in_one_task)(counts)
    return {
        "labels": len(counts),
        "variants": number,
        "cpu_s": round(time.process_time() - cpu, 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "peak_mb": round(_peak() - before),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure each number of labels in a process of its own, write the table, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[10_000, 20_000, 100_000, 1_000_000])
    parser.add_argument("--many", action="store_true", help="over many tasks, in a session of its own")
    parser.add_argument("--one", action="store_true", help="measure here, print one object")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.labels[0], many=options.many)))
        return
    rows = []
    for labels in options.labels:
        command = [sys.executable, __file__, "--one", *(["--many"] if options.many else []), "--labels", str(labels)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append(json.loads(output.splitlines()[-1]))
        print(rows[-1], flush=True)
    way = "over tasks, seconds of the clock" if options.many else "in one task, CPU seconds"
    lines = ["# Variants of labels", "", f"`bench/variants.py`: {way}.", ""]
    lines += [f"| {' | '.join(rows[0])} |", "|---:" * 5 + "|"]
    lines += [f"| {' | '.join(f'{value:,}' for value in row.values())} |" for row in rows]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(json.dumps({"cpu_s": rows[-1]["cpu_s"], "labels": rows[-1]["labels"]}))


if __name__ == "__main__":
    main()
