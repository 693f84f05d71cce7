"""What people say of the annotations, with 95 % intervals; and whether the judges see what they see.

There are values of each language, and of all together (`*`). Of several auditors of an entity the majority counts, and
of equal votes the worst. Intervals take entities as independent: those of one passage are not quite, and so they are a
little too narrow.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.formats.auditing import VERDICTS
from finerweb.intervals import wilson
from finerweb.languages import EVERY
from finerweb.mentions.planting import is_same
from finerweb.rows import flat_map
from finerweb.table import Column, row_of

READS = ("audits", "entities", "verdicts")
OPTIONAL = ("audits",)  # nobody may have looked yet

_ENTITY = ("passage_id", "language", "start", "end", "label")
_COMPARED = (
    Column("language", "string", "of the passage"),
    Column("judge", "string", "who judged"),
    Column("is_wrong", "boolean", "do people say so?"),
    Column("is_flagged", "boolean", "does the judge list it as extra or wrong?"),
)
_opinion = row_of(_COMPARED, "an audited entity, beside a judge")


def measure(audits: DataFrame, entities: DataFrame, verdicts: DataFrame) -> DataFrame:
    """Details:

    `audited`                   entities that people looked at and that are still there
    `span`, `type`, `both`      precision: the share of these with the right span; of those, the share with the right
                                type; and the share of all where both are right
    `passages`, `completeness`  passages that somebody did in full, and the share of what is there that was found
    `<share>/low`, `<share>/high`  its Wilson interval
    `judge <name>/compared`     audited entities of passages that it judged; not those of a wrong span, of which no
                                judge is asked
    `judge <name>/agrees`, `/sees`, `/alarms`  of them, the share of which it says what people say; and the share that
                                it flags of those that are wrong, and of those that are right
    """
    opinions = audits.filter("verdict is not null").join(entities.select(*_ENTITY), on=list(_ENTITY), how="left_semi")
    worst_first = F.array(*[F.lit(verdict) for verdict in VERDICTS])
    # The place among the verdicts, from 1; `mode` takes the lowest of those that are equally frequent.
    vote = F.mode(F.array_position(worst_first, F.col("verdict")).cast("int"), deterministic=True)
    majority = opinions.groupBy(*_ENTITY, "mention").agg(F.element_at(worst_first, vote).alias("verdict"))
    return (
        _precision(_everywhere(majority))
        .unionByName(_completeness(_everywhere(_done_in_full(audits, opinions, entities))))
        .unionByName(_judges(_everywhere(_compared(majority, verdicts))))
    )


def _everywhere(frame: DataFrame) -> DataFrame:
    return frame.unionByName(frame.withColumn("language", F.lit(EVERY)))


def _precision(majority: DataFrame) -> DataFrame:
    counted = majority.groupBy("language").agg(
        F.count("*").alias("audited"),
        F.count_if(F.col("verdict").isin("ok", "wrong_type")).alias("placed"),
        F.count_if(F.col("verdict") == "ok").alias("right"),
    )
    shares = {"span": ("placed", "audited"), "type": ("right", "placed"), "both": ("right", "audited")}
    return _values(counted, "audited", shares)


def _done_in_full(audits: DataFrame, opinions: DataFrame, entities: DataFrame) -> DataFrame:
    """Passages of which an auditor judged every entity and wrote what is missing; the mean of the auditors."""
    key = ["passage_id", "auditor"]
    missing = audits.filter("missing is not null").select(*key, "language", F.size("missing").alias("missing"))
    real = F.count_if(F.col("verdict") != "not_entity").alias("found")
    judged = opinions.groupBy(*key).agg(F.count("*").alias("judged"), real)
    sizes = entities.groupBy("passage_id").agg(F.count("*").alias("entities"))
    joined = missing.join(judged, on=key, how="left").join(sizes, on="passage_id", how="left")
    full = joined.na.fill(0, ["judged", "found", "entities"]).filter("judged = entities")
    return full.groupBy("passage_id", "language").agg(F.avg("found").alias("found"), F.avg("missing").alias("missing"))


def _completeness(full: DataFrame) -> DataFrame:
    every = F.sum(F.col("found") + F.col("missing")).alias("every")
    counted = full.groupBy("language").agg(F.count("*").alias("passages"), F.sum("found").alias("found"), every)
    return _values(counted, "passages", {"completeness": ("found", "every")})


def _values(counted: DataFrame, count: str, shares: Mapping[str, tuple[str, str]]) -> DataFrame:
    """A count, and shares (name -> part, whole) with their intervals; a share of nothing has none."""
    values = {count: F.col(count)}
    for name, (part, whole) in shares.items():
        trials = F.nullif(F.col(whole), F.lit(0))
        low, high = wilson(F.col(part), trials)
        values |= {name: F.col(part) / trials, f"{name}/low": low, f"{name}/high": high}
    pairs = [
        F.struct(F.lit(name).alias("detail"), value.cast("double").alias("value")) for name, value in values.items()
    ]
    long = counted.select("language", F.inline(F.array(*pairs)))
    return long.filter("value is not null").select("detail", "language", "value")


def _compared(majority: DataFrame, verdicts: DataFrame) -> DataFrame:
    """The entities that people and a judge looked at: does each of them say that it is wrong?"""
    plain = verdicts.filter("copy = 'plain' and problem is null").select("passage_id", "judge", "extra", "wrong")
    both = majority.filter("verdict <> 'wrong_span'").join(plain, on="passage_id", how="inner")
    return flat_map(both, _opinions, _COMPARED)


def _opinions(row: Any) -> Iterator[tuple[Any, ...]]:
    is_flagged = any(is_same(row.mention, mention) for mention in [*row.extra, *row.wrong])
    yield _opinion(language=row.language, judge=row.judge, is_wrong=row.verdict != "ok", is_flagged=is_flagged)


def _judges(compared: DataFrame) -> DataFrame:
    flagged, wrong = F.col("is_flagged").cast("double"), F.col("is_wrong")
    shares = compared.groupBy("judge", "language").agg(
        F.count("*").cast("double").alias("compared"),
        F.avg((F.col("is_flagged") == wrong).cast("double")).alias("agrees"),
        F.avg(F.when(wrong, flagged)).alias("sees"),
        F.avg(F.when(~wrong, flagged)).alias("alarms"),
    )
    long = shares.unpivot(("judge", "language"), ("compared", "agrees", "sees", "alarms"), "name", "value")
    detail = F.concat(F.lit("judge "), "judge", F.lit("/"), "name").alias("detail")
    return long.filter("value is not null").select(detail, "language", "value")
