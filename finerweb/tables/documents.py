"""Web documents, in FineWeb-2's columns, and why a record did not become one."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.problems import RecordProblem
from finerweb.table import Column, Table

TABLE = Table(
    name="documents",
    comment="A web document.",
    key=("document_id",),
    columns=(
        Column("document_id", "string", "source/id; the id is the source's own, or a hash of the text", nullable=False),
        Column("language", "string", "FineWeb-2 code (ISO 639-3), a key of languages.yml", nullable=False),
        Column("script", "string", "ISO 15924", nullable=False),
        Column("text", "string", "as it was read: never normalised", nullable=False),
        Column("source", "string", "the name of the source in the settings", nullable=False),
        Column("url", "string", "where it was on the web"),
        Column("date", "string", "when it was crawled"),
        Column("dump", "string", "the crawl it is from"),
        Column("licence", "string", "of the document, where the source says"),
        Column("language_score", "double", "the source's own confidence in the language, 0-1"),
    ),
    constraints={"text_not_blank": "length(trim(text)) > 0", "id_has_source": "document_id like concat(source, '/%')"},
)

# What a source yields, whatever its format: every value as it was found, and where it was found.
RECORD = (
    "source string, file string, block bigint, row bigint, raw string, id string, text string, language string, "
    "script string, url string, date string, dump string, licence string, language_score double, "
    "problem string, found string, wanted string"
)


# Does it apply, the problem (or the column that has it), found, wanted.
Check = tuple[Expression, RecordProblem | Literal["problem"], Expression | str, Expression | str]


def examine(
    records: DataFrame,
    *,
    codes: Mapping[str, str],
    scripts: Mapping[str, str],
    chosen: Sequence[str],
    max_characters: int,
) -> DataFrame:
    """The records with `document_id` and, for those that cannot be documents, `problem`, `found` and `wanted`.

    `codes` maps every spelling of a language to its code, `scripts` codes to scripts; `chosen` are the codes to keep,
    all where it is empty. The first problem that applies is the one that is named.
    """
    code = F.element_at(_literal_map(codes), F.lower(F.get(F.split("language", "_"), F.lit(0))))
    script_wanted = F.element_at(_literal_map(scripts), F.col("code"))
    length = F.length("text")
    records = (
        records.withColumn("code", code)
        .withColumn("script_wanted", script_wanted)
        .withColumn("script", F.coalesce("script", F.get(F.split("language", "_"), F.lit(1)), "script_wanted"))
        .withColumn(
            "document_id",
            F.concat_ws("/", "source", F.coalesce(F.when(F.trim("id") != "", F.col("id")), F.sha2("text", 256))),
        )
    )
    checks: list[Check] = [
        (F.col("problem").isNotNull(), "problem", "found", "wanted"),
        (F.col("text").isNull() | ~F.col("text").rlike(r"(?U)\S"), "no_text", F.lit("no text"), F.lit("a text")),
        (F.col("code").isNull(), "unknown_language", "language", F.lit("a code or alias of languages.yml")),
        (
            ~F.col("code").isin(list(chosen)) if chosen else F.lit(False),
            "language_not_chosen",
            "code",
            F.lit(f"one of ingest.languages: {', '.join(chosen)}"),
        ),
        (F.col("script") != F.col("script_wanted"), "other_script", "script", "script_wanted"),
        (
            length > max_characters,
            "too_long",
            F.concat(length, F.lit(" characters")),
            F.lit(f"at most ingest.max_characters = {max_characters}"),
        ),
    ]
    records = records.withColumns(_first(checks))
    # Among those that could be documents, the first of an id stays.
    same = Window.partitionBy("document_id", F.col("problem").isNull()).orderBy("file", "block", "row")
    is_again = F.col("problem").isNull() & (F.row_number().over(same) > 1)
    records = records.withColumn("is_again", is_again)
    again: Check = (F.col("is_again"), "duplicate_id", "document_id", F.lit("an id that no other record has"))
    return records.withColumns(_first([(F.col("problem").isNotNull(), "problem", "found", "wanted"), again]))


def _literal_map(values: Mapping[str, str]) -> Expression:
    return F.create_map(*[F.lit(part) for pair in values.items() for part in pair])


def _first(checks: list[Check]) -> dict[str, Expression]:
    """Problem, found and wanted of the first check that applies; the first check is the record's own problem."""
    chosen = {}
    for part, name in enumerate(("problem", "found", "wanted"), start=1):
        value = F.lit(None).cast("string")
        for place, check in reversed(list(enumerate(checks))):
            said = check[part]
            if isinstance(said, str):
                said = F.lit(said) if part == 1 and place > 0 else F.col(said)
            value = F.when(check[0], said.cast("string")).otherwise(value)
        chosen[name] = value
    return chosen


def accept(examined: DataFrame) -> DataFrame:
    """The documents among examined records."""
    good = examined.filter(F.col("problem").isNull())
    return good.select(
        "document_id",
        F.col("code").alias("language"),
        "script",
        "text",
        "source",
        "url",
        "date",
        "dump",
        "licence",
        "language_score",
    )
