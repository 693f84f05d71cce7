"""What judges think of the annotations of passages, and which planted errors they caught."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.errors import Unreadable
from finerweb.languages import Language
from finerweb.mentions.planting import Annotation, is_caught, plant
from finerweb.questions import judge
from finerweb.rows import flat_map
from finerweb.table import Column, Table, row_of

TABLE = Table(
    name="verdicts",
    comment="A judge's verdict on the merged annotations of a passage, or on a copy of them.",
    key=("passage_id", "judge", "copy"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("judge", "string", "who judged: a key of the setting models", nullable=False),
        Column("copy", "string", "plain; swapped: in reverse order; planted: with one known error", nullable=False),
        Column("language", "string", "the passage's language", nullable=False),
        Column("faithfulness", "int", "do the types fit? 1-5; null where there is a problem"),
        Column("completeness", "int", "is everything important annotated? 1-5"),
        Column("missing", "array<string>", "mentions that should have been annotated"),
        Column("extra", "array<string>", "mentions that should not have been"),
        Column("wrong", "array<string>", "mentions whose type is wrong"),
        Column("explanation", "string", "in the judge's words"),
        Column("planted_kind", "string", "the known error: removed, wrong_type or invented; null where none is"),
        Column("planted_mention", "string", "the mention left out, of a wrong type, or no entity at all"),
        Column("is_caught", "boolean", "does the judge list it? null where there is no verdict or no known error"),
        Column("problem", "string", "why there is no verdict: the problem of the answer"),
    ),
    constraints={
        "graded_or_problem": "(problem is not null) or (faithfulness between 1 and 5 and completeness between 1 and 5)",
        "copy_name": "copy in ('plain', 'swapped', 'planted')",
        "planted_said": "(copy = 'planted') = (planted_kind is not null and planted_mention is not null)",
        "caught_or_not": "(is_caught is not null) = (copy = 'planted' and problem is null)",
    },
)

PLAIN = "copy = 'plain'"  # the annotations as they are: measures of quality count these alone

_SUBJECT = (
    Column("passage_id", "string", "of the copy: a request is known by it"),
    Column("copy_of", "string", "the passage"),
    *(column for column in TABLE.columns if column.name in ("copy", "language", "planted_kind", "planted_mention")),
    Column("text", "string", "the passage's text"),
    Column("entities", "array<struct<mention: string, label: string>>", "what the judge is shown"),
)
_subject = row_of(_SUBJECT, "a subject of judges")


def subjects(
    entities: DataFrame, passages: DataFrame, *, languages: Mapping[str, Language], planted: float, swapped: float
) -> DataFrame:
    """What a judge sees: passages with their entities in reading order, as `entities` (mention, label).

    A share of the passages comes once more with a planted error, another in reverse order: copies with ids of their
    own. The first passage of a language by the hash of its id has both, so that a small sample has some too; a larger
    sample keeps the copies of a smaller one.
    """
    is_sure = (F.col("agreement") == "exact").alias("is_sure")
    # bounded: the entities of a passage
    listed = entities.groupBy("passage_id").agg(
        F.sort_array(F.collect_list(F.struct("start", "end", "mention", "label", is_sure))).alias("annotations")
    )
    # bounded: the `judge.per_language` passages that are judged
    turns = Window.partitionBy("language").orderBy(F.xxhash64("passage_id"), "passage_id")
    turn = F.row_number().over(turns)
    chosen = passages.join(listed, on="passage_id", how="left").select(
        "passage_id",
        "language",
        "text",
        "annotations",
        _is_in_share(turn, planted).alias("is_planted"),
        _is_in_share(turn, swapped).alias("is_swapped"),
    )
    locales = {code: language.locale for code, language in languages.items()}
    return flat_map(chosen, partial(_copies, locales=locales), _SUBJECT)


def _is_in_share(turn: Expression, share: float) -> Expression:
    """Of 25 passages and a share of 0.2, the turns 1, 6, 11, 16 and 21."""
    return F.ceil(turn * share) > F.ceil((turn - 1) * share)


def _copies(passage: Any, *, locales: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    annotations = [
        Annotation(**annotation) for annotation in ([] if passage.annotations is None else passage.annotations)
    ]
    yield _copy(passage, "plain", annotations)
    if passage.is_swapped and len(annotations) > 1:
        yield _copy(passage, "swapped", annotations[::-1])
    made = passage.is_planted and plant(
        passage.text, annotations, key=passage.passage_id, locale=locales[passage.language]
    )
    if made:
        yield _copy(passage, "planted", made.annotations, made.kind, made.mention)


def _copy(
    passage: Any, copy: str, shown: list[Annotation], kind: str | None = None, mention: str | None = None
) -> tuple[Any, ...]:
    # A plain copy is the passage: its request stays what it was before there were others.
    subject = passage.passage_id if copy == "plain" else f"{passage.passage_id}~{copy}"
    return _subject(
        passage_id=subject,
        copy_of=passage.passage_id,
        copy=copy,
        language=passage.language,
        planted_kind=kind,
        planted_mention=mention,
        text=passage.text,
        entities=[{"mention": entity.mention, "label": entity.label} for entity in shown],
    )


def collect(completions: DataFrame, subjects: DataFrame) -> DataFrame:
    """Read the judge answers about these subjects."""
    copies = subjects.select(
        F.col("passage_id").alias("subject_id"), "copy_of", "copy", "planted_kind", "planted_mention"
    )
    answers = completions.select("subject_id", "model", "language", "answer", "problem")
    return flat_map(answers.join(copies, on="subject_id", how="inner"), _read, TABLE.columns)


def _read(row: Any) -> Iterator[tuple[Any, ...]]:
    verdict, is_seen, problem = None, None, row.problem
    try:
        # A better parser may read today what was malformed. What a truncated answer, or one about something else,
        # says is no judgement of this passage.
        if problem in (None, "malformed"):
            verdict, problem = judge.parse(row.answer), None
    except Unreadable:
        problem = "malformed"
    if verdict and row.copy == "planted":
        is_seen = is_caught(
            row.planted_kind, row.planted_mention, missing=verdict.missing, extra=verdict.extra, wrong=verdict.wrong
        )
    yield TABLE.row(
        passage_id=row.copy_of,
        judge=row.model,
        copy=row.copy,
        language=row.language,
        **(verdict._asdict() if verdict else dict.fromkeys(judge.Verdict._fields)),
        planted_kind=row.planted_kind,
        planted_mention=row.planted_mention,
        is_caught=is_seen,
        problem=problem,
    )
