"""Web documents, in FineWeb-2's columns, and why a record did not become one."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.languages import Language
from finerweb.problems import RecordProblem
from finerweb.rows import lookup
from finerweb.table import Column, Table
from finerweb.text.language_tags import Reader, script

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


TAG = "struct<code: string, script: string>"
EXCERPT = 80  # characters

# Does it apply, the problem (or the column that has it), found, wanted.
Check = tuple[Expression, RecordProblem | Literal["problem"], Expression | str, Expression | str]


def examine(
    records: DataFrame,
    documents: DataFrame,
    *,
    languages: Mapping[str, Language],
    chosen: Sequence[str],
    max_characters: int,
    are_new: bool = False,
) -> DataFrame:
    """The records with `document_id` and, for those that cannot be documents, `problem`, `found` and `wanted`.

    `documents` are those that were taken in before, of other files where the records `are_new`; `chosen` are the
    languages to keep, however they are written, all where it is empty. The first problem that applies is the one that
    is named.
    """
    reader = Reader(languages)
    codes = [code for language in chosen if (code := reader.tag(language).code)]
    identity = F.coalesce(F.when(F.trim("id") != "", F.col("id")), F.sha2("text", 256))
    records = (
        records.withColumn("tag", F.udf(partial(_tag, reader=reader), TAG, useArrow=True)("language", "script"))
        .withColumns({"code": F.col("tag.code"), "script_wanted": lookup(_scripts(languages), "tag.code")})
        .withColumn("script", F.coalesce("tag.script", "script_wanted"))
        .withColumn("document_id", F.concat_ws("/", "source", identity))
    )
    records = records.withColumns(_first(_own_checks(codes, max_characters)))
    return _compared(records, documents, are_new)


def _tag(language: str | None, written: str | None, *, reader: Reader) -> tuple[str | None, str | None]:
    tag = reader.read(language or "")
    return tag.code, script(written or "") or tag.script


def _scripts(languages: Mapping[str, Language]) -> dict[str, str]:
    return {code: language.script for code, language in languages.items()}


def _own_checks(codes: Sequence[str], max_characters: int) -> list[Check]:
    """What a record by itself can be refused for."""
    length = F.length("text")
    return [
        (F.col("problem").isNotNull(), "problem", "found", "wanted"),
        (F.col("text").isNull() | ~F.col("text").rlike(r"(?U)\S"), "no_text", F.lit("no text"), F.lit("a text")),
        (
            F.col("code").isNull(),
            "unknown_language",
            F.coalesce("language", F.lit("no language")),
            F.lit("a code or alias of languages.yml"),
        ),
        (
            ~F.col("code").isin(list(codes)) if codes else F.lit(False),
            "language_not_chosen",
            "code",
            F.lit(f"one of ingest.languages: {', '.join(codes)}"),
        ),
        (F.col("script") != F.col("script_wanted"), "other_script", "script", "script_wanted"),
        (
            length > max_characters,
            "too_long",
            F.concat(length, F.lit(" characters")),
            F.lit(f"at most ingest.max_characters = {max_characters}"),
        ),
    ]


def _compared(records: DataFrame, documents: DataFrame, are_new: bool) -> DataFrame:
    """Among records that could be documents the first of an id stays, as it was when it was taken in."""
    records = records.withColumns({"digest": F.sha2("text", 256), "excerpt": _excerpt()})
    order = ["file", "block", "row"]
    of_id = Window.partitionBy("document_id", F.col("problem").isNull()).orderBy(*order)
    of_text = Window.partitionBy("document_id", F.col("problem").isNull(), "digest").orderBy(*order)
    before = documents.select(
        "document_id", F.sha2("text", 256).alias("digest_before"), _excerpt().alias("excerpt_before")
    )
    records = (
        records.withColumns({"first_digest": F.first("digest").over(of_id), "first": F.first("excerpt").over(of_id)})
        .withColumn("repetition", F.row_number().over(of_text))
        .join(before, on="document_id", how="left")
    )
    kept, text = F.coalesce("digest_before", "first_digest"), F.coalesce("excerpt_before", "first")
    is_repeated = (F.col("repetition") > 1) | (F.lit(are_new) & F.col("digest_before").isNotNull())
    way_out = "; give the new text an id of its own, finerweb take_down removes the old one"
    checks: list[Check] = [
        (F.col("problem").isNotNull(), "problem", "found", "wanted"),
        (
            F.col("digest") != kept,
            "changed",
            F.concat_ws(": ", "document_id", "excerpt"),
            F.concat(F.lit("the text that this id has: "), text, F.lit(way_out)),
        ),
        (is_repeated, "duplicate_id", "document_id", F.lit("an id that no other record has")),
    ]
    return records.withColumns(_first(checks))


def _excerpt() -> Expression:
    """The start of a text, and how long the whole is."""
    length = F.length("text")
    cut = F.when(length > EXCERPT, F.lit("…")).otherwise(F.lit(""))
    return F.concat(F.lit('"'), F.substring("text", 1, EXCERPT), cut, F.lit('" ('), length, F.lit(" characters)"))


def _first(checks: list[Check]) -> dict[str, Expression]:
    """Problem, found and wanted of the first check that applies; the first check is the record's own problem."""
    chosen = {}
    for part, name in enumerate(("problem", "found", "wanted"), start=1):
        value = F.lit(None).cast("string")
        for place, check in reversed(list(enumerate(checks))):
            words = check[part]
            if isinstance(words, str):
                words = F.lit(words) if part == 1 and place > 0 else F.col(words)
            value = F.when(check[0], words.cast("string")).otherwise(value)
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
