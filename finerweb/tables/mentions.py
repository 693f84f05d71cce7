"""What the annotators named in each passage: where it is, or why it is nowhere."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from finerweb import problems
from finerweb.errors import Unreadable
from finerweb.languages import Language
from finerweb.mentions import grounding
from finerweb.questions import ner
from finerweb.questions.ner import Bad
from finerweb.rows import flat_map
from finerweb.table import Column, Table
from finerweb.text import loops

TABLE = Table(
    name="mentions",
    comment="A mention that an annotator named in a passage.",
    key=("request_id", "position", "start"),
    columns=(
        Column("request_id", "string", "the answer it was read from", nullable=False),
        Column(
            "position",
            "int",
            "its place in the answer, from 0; -1 for an answer that could not be read",
            nullable=False,
        ),
        Column("passage_id", "string", "the passage", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("annotator", "string", "who named it", nullable=False),
        Column("mention", "string", "as the annotator wrote it"),
        Column("label", "string", "its type in the annotator's words"),
        Column("start", "int", "first code point in the passage's text"),
        Column("end", "int", "one past its last"),
        Column("surface", "string", "the passage's text[start:end]"),
        Column("tier", "string", "how it was found: exact, elsewhere (exact but out of order), normalised, fuzzy"),
        Column("policy", "string", "the grounding rule: best, cursor, all", nullable=False),
        Column(
            "problem",
            "string",
            f"why it has no place: {problems.listed(problems.MENTION)}, or that of the answer",
        ),
    ),
    constraints={
        "found_or_problem": "(start is null) <> (problem is null)",
        "span": "start is null or (0 <= start and start < end)",
        "surface_length": "start is null or length(surface) = end - start",
    },
)

LONGEST_LABEL = 100  # characters: a type is a few words, and what is longer is an explanation

NOWHERE = dict.fromkeys(["start", "end", "surface", "tier"])  # of a mention that has no place


def ground(completions: DataFrame, passages: DataFrame, *, languages: Mapping[str, Language], policy: str) -> DataFrame:
    """Read the ner answers and find each mention in its passage."""
    texts = passages.selectExpr("passage_id as subject_id", "text")
    answers = completions.select("request_id", "subject_id", "language", "model", "answer", "problem")
    locales = {code: language.locale for code, language in languages.items()}
    return flat_map(
        answers.join(texts, on="subject_id", how="inner"), partial(read, locales=locales, policy=policy), TABLE.columns
    )


def read(row: Any, *, locales: Mapping[str, str], policy: str) -> Iterator[tuple[Any, ...]]:
    """The mentions of one answer (request_id, subject_id, language, model, answer, problem, text), as rows."""
    answer = {
        "request_id": row.request_id,
        "passage_id": row.subject_id,
        "language": row.language,
        "annotator": row.model,
        "policy": policy,
    }
    try:
        items = ner.items(loops.without(row.answer, row.text))
    except Unreadable:
        problem = row.problem or "unreadable"
        yield TABLE.row(**answer, position=-1, mention=None, label=None, **NOWHERE, problem=problem)
        return
    named = [(position, item) for position, item in enumerate(items) if not isinstance(item, Bad)]
    labels = [" ".join(item.type.split()) for _, item in named]
    text = grounding.Text(row.text, locales[row.language])
    mentions = [item.mention for _, item in named]
    places = grounding.ground(mentions, text, labels=labels, policy=policy, prompt=ner.PROMPT)
    for (position, item), label, alternatives in zip(named, labels, places, strict=True):
        mention = {**answer, "position": position, "mention": item.mention, "label": label}
        for place in alternatives:
            yield TABLE.row(**mention, **_where(row.text, label, place))
    for position, bad in enumerate(items):
        if isinstance(bad, Bad):
            yield TABLE.row(**answer, position=position, mention=bad.text, label=None, **NOWHERE, problem="bad_item")


def _where(text: str, label: str, place: grounding.Grounded) -> dict[str, Any]:
    """Where a mention is in its text, or why it counts for nothing."""
    if place.span is None or not 0 < len(label) <= LONGEST_LABEL:
        return {**NOWHERE, "problem": place.problem or ("long_label" if label else "no_label")}
    start, end = place.span
    return {"start": start, "end": end, "surface": text[start:end], "tier": place.tier, "problem": None}
