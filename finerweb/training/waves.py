"""Score passages in waves, until each language has enough useful ones; what is not needed is not scored.

A document's turn is a hash of its name. In the order of turns, and language by language, documents are drawn; of each
that is drawn, passages are read from its start until one is useful. A wave is what is scored at once: the next
passages of the documents that are still open. A language has enough when its quota is full and every document before
the one that fills it is decided: then more scores could not change what `selection.choose` takes.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from finerweb.errors import TooFewRatings
from finerweb.lake import Lake
from finerweb.rows import lookup, slices
from finerweb.tables import scores, selection

Predict = Callable[[DataFrame], DataFrame]  # passages to rows of the table `scores`

# Turns are 64-bit hashes: evenly spread, so that a share of those still to come is a share of the documents to come.
FIRST, LAST = -(2**63), 2**63 - 1
GROWTH = 4  # times the documents drawn so far, at most: a rate that is known from a few is not trusted far
FEWEST = 16  # documents are worth a wave


@dataclass(frozen=True)
class Enough:
    """When to stop: `per_language` documents with a passage above its threshold, or `at_most` passages scored."""

    per_language: int
    thresholds: Mapping[str, float]  # of every language
    at_most: int | None


class State(NamedTuple):
    """How far a language is, of its `documents` and `passages` that could be selected.

    `accepted` documents have a useful passage, `open` ones may still turn out to have one, and `waiting` passages of
    these are next. `full_at` is the turn of the document that fills the quota, None where there are too few, and
    `open_before` the open ones up to it: what they turn out to be decides which document that is.
    """

    documents: int
    passages: int
    drawn: int = 0
    scored: int = 0
    useful: int = 0
    accepted: int = 0
    open: int = 0
    waiting: int = 0
    full_at: int | None = None
    open_before: int = 0


def score_until_enough(
    lake: Lake,
    passages: DataFrame,
    near_duplicates: DataFrame,
    predict: Predict,
    *,
    scorer: str,
    enough: Enough,
    slice_rows: int,
) -> None:
    """Score passages wave by wave, until no more scores could change what is selected.

    What this scorer has said before counts. Raises TooFewRatings where no passage could be selected.
    """
    drawing = _Drawing(selection.candidates(passages, near_duplicates), enough)
    drawing.go_on_after(scores.by_scorer(lake.peek(scores.TABLE), scorer=scorer))
    waves = 0
    while wave := drawing.wave(scores.by_scorer(lake.peek(scores.TABLE), scorer=scorer)):
        texts = passages.join(wave.passages, on="passage_id", how="left_semi")
        parts = slices(texts, key="passage_id", rows=slice_rows, total=wave.size)
        lake.append_parts(scores.TABLE, parts, predict, total=wave.size, unit="passages")
        waves += 1
    lake.log.notes.append(drawing.in_words(waves))


class Wave(NamedTuple):
    """What is scored at once: the `passage_id` of `passages`, and about how many they are."""

    passages: DataFrame
    size: int


class _Drawing:
    """How far each language is, and up to which turn its documents are drawn."""

    def __init__(self, candidates: DataFrame, enough: Enough) -> None:
        self._candidates, self._enough = candidates, enough
        self._states = _sizes(candidates)
        self._until = dict.fromkeys(self._states, FIRST)

    def go_on_after(self, scores: DataFrame) -> None:
        """Draw again what an earlier run has drawn: up to the last document of which it scored a passage."""
        scored = self._candidates.join(scores.select("passage_id"), on="passage_id", how="left_semi")
        last = scored.groupBy("language").agg(F.max("turn").alias("turn"))
        self._until |= {row["language"]: row["turn"] for row in last.collect()}

    def wave(self, scores: DataFrame) -> Wave | None:
        """The passages that are next, after all these scores; None where every language has enough."""
        limit, thresholds = self._enough.at_most, self._enough.thresholds
        drawn = seen(self._candidates, scores, until=self._until, thresholds=thresholds)
        for row in progress(drawn, per_language=self._enough.per_language).collect():
            changes = row.asDict()
            code = changes.pop("language")
            self._states[code] = self._states[code]._replace(**changes)
        turns = draw(self._states, self._until, per_language=self._enough.per_language, at_most=limit)
        if not turns:
            return None
        size = sum(expected(self._states[code], self._until[code], turn) for code, turn in turns.items())
        self._until |= {code: max(turn, self._until[code]) for code, turn in turns.items()}
        allowed = {code: limit - self._states[code].scored for code in turns} if limit is not None else None
        going_on = seen(self._candidates, scores, until=turns, thresholds=thresholds)
        return Wave(next_passages(going_on, at_most=allowed), size)

    def in_words(self, waves: int) -> str:
        """How many passages were scored."""
        scored = sum(state.scored for state in self._states.values())
        passages = sum(state.passages for state in self._states.values())
        in_waves = f"in {waves} wave{'' if waves == 1 else 's'}"
        return f"{scored:,} of {passages:,} candidates scored ({scored / passages:.0%}) {in_waves}"


def _sizes(candidates: DataFrame) -> dict[str, State]:
    """The languages before anything is drawn."""
    counts = candidates.groupBy("language").agg(F.countDistinct("document_id"), F.count("*")).collect()
    if not counts:
        raise TooFewRatings(
            "table passages: found none to score; wanted some in their document's language, no near-duplicates. "
            "Name other sources (--set ingest.sources=[...])"
        )
    return {code: State(documents, passages) for code, documents, passages in counts}


def seen(
    candidates: DataFrame, scores: DataFrame, *, until: Mapping[str, int], thresholds: Mapping[str, float]
) -> DataFrame:
    """The candidates of the documents whose turn has come, with `is_scored` and `is_useful`.

    `until` says of each language the last turn that is drawn.
    """
    values = scores.select("passage_id", "score", F.lit(True).alias("is_scored"))
    return (
        candidates.filter(F.col("turn") <= lookup(until, "language"))
        .join(values, on="passage_id", how="left")
        .withColumn("is_scored", F.coalesce("is_scored", F.lit(False)))
        .withColumn("is_useful", F.coalesce(F.col("score") > lookup(thresholds, "language"), F.lit(False)))
        .drop("score")
    )


def progress(seen: DataFrame, *, per_language: int) -> DataFrame:
    """How far each language is: `language`, and the fields of `State` that change."""
    documents = seen.groupBy("document_id", "language", "turn").agg(
        F.count_if("is_scored").alias("scored"),
        F.count_if("is_useful").alias("useful"),
        F.count_if(~F.col("is_scored")).alias("unread"),
    )
    in_turn = Window.partitionBy("language").orderBy("turn", "document_id").rowsBetween(Window.unboundedPreceding, 0)
    is_accepted, is_open = F.col("useful") > 0, (F.col("useful") == 0) & (F.col("unread") > 0)
    ranked = documents.withColumn("accepted_so_far", F.count_if(is_accepted).over(in_turn))
    is_full = F.col("accepted_so_far") >= per_language
    return ranked.groupBy("language").agg(
        F.count("*").alias("drawn"),
        F.sum("scored").alias("scored"),
        F.sum("useful").alias("useful"),
        F.count_if(is_accepted).alias("accepted"),
        F.count_if(is_open).alias("open"),
        F.coalesce(F.sum(F.when(is_open, F.least(_depth("scored"), "unread"))), F.lit(0)).alias("waiting"),
        F.min(F.when(is_full, F.col("turn"))).alias("full_at"),
        F.count_if(is_open & ~is_full).alias("open_before"),
    )


def _depth(scored: str) -> Column:
    """How many passages of a document are next: one more than were scored of it before."""
    return F.col(scored) + 1


def next_passages(seen: DataFrame, *, at_most: Mapping[str, int] | None = None) -> DataFrame:
    """The `passage_id` of the next passages of the open documents, one more than were scored of a document before.

    So a document with a useful passage near its start costs little, and one without any costs few waves. `at_most`
    limits the passages of each language.
    """
    document = Window.partitionBy("document_id")
    unread = (
        seen.withColumn("scored", F.count_if("is_scored").over(document))
        .withColumn("useful", F.count_if("is_useful").over(document))
        .withColumn("place", F.row_number().over(document.orderBy("is_scored", "position")))
        .filter(~F.col("is_scored") & (F.col("useful") == 0) & (F.col("place") <= _depth("scored")))
    )
    if at_most is not None:
        language = Window.partitionBy("language").orderBy("turn", "document_id", "position")
        unread = unread.withColumn("place", F.row_number().over(language))
        unread = unread.filter(F.col("place") <= lookup(at_most, "language"))
    return unread.select("passage_id")


def draw(
    states: Mapping[str, State], until: Mapping[str, int], *, per_language: int, at_most: int | None
) -> dict[str, int]:
    """The turn up to which documents are drawn now, of each language that goes on; empty where all have enough."""
    turns = {
        code: _turn(state, until.get(code, FIRST), per_language, at_most)
        for code, state in states.items()
        if at_most is None or state.scored < at_most
    }
    return {code: turn for code, turn in turns.items() if turn is not None}


def _turn(state: State, until: int, per_language: int, at_most: int | None) -> int | None:
    if state.full_at is not None:
        return state.full_at if state.open_before else None
    if state.drawn >= state.documents:
        return until if state.open else None
    rate = (state.useful + 1) / (state.scored + 1)  # of passages; nothing is known at first, and that many are needed
    needed = math.ceil((per_language - state.accepted) / rate) - state.open
    if at_most is not None:
        needed = min(needed, at_most - state.scored)
    needed = min(max(needed, FEWEST), max(FEWEST, GROWTH * state.drawn, per_language))
    step = math.ceil((LAST - until) * needed / (state.documents - state.drawn))
    return min(LAST, until + step)  # a float is not exact at 64 bits


def expected(state: State, until: int, turn: int) -> int:
    """About how many passages a wave has that draws up to `turn`: those that wait, and one of each new document."""
    new = (state.documents - state.drawn) * (turn - until) / (LAST - until) if turn > until else 0
    return state.waiting + math.ceil(new)
