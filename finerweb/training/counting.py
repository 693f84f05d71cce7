"""Were passages counted by a tokenizer? They are cut by its subwords, and are read whole only by it."""

from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame

from finerweb.errors import WrongTable
from finerweb.tables import passages

CHECKED = 50  # passages


class Miscount(NamedTuple):
    """A passage, its subwords as the table says, and as the tokenizer counts them."""

    passage_id: str
    stored: int
    counted: int


def miscount(sample: DataFrame, tokenizer: Path) -> Miscount | None:
    """The first of some passages that the tokenizer counts otherwise."""
    counter = passages.Counter(str(tokenizer))
    for row in sample.select("passage_id", "text", "subwords").limit(CHECKED).collect():  # bounded: `CHECKED` rows
        counted = counter.count(row["text"])
        if counted != row["subwords"]:
            return Miscount(row["passage_id"], row["subwords"], counted)
    return None


def require(before: DataFrame, tokenizer: Path) -> None:
    """Raise WrongTable where passages were cut by another tokenizer's subwords."""
    other = miscount(before, tokenizer)
    if other:
        raise WrongTable(
            f"table {passages.TABLE.name}",
            found=f"{other.stored} subwords in passage {other.passage_id}",
            wanted=f"{other.counted}, as the tokenizer of train.encoder counts them",
            way_out="passages that are there stay, and the answers that were paid for them: set train.encoder back, or "
            "give the other encoder a lake of its own (--set work=FOLDER, or --set lake.location=...)",
        )
