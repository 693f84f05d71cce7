"""JSON lines to records; a line's bytes are kept as they are, so that an error can name and show what is wrong."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from finerweb.sources import files, values
from finerweb.sources.fields import COLUMNS, NAMES, OF_FOLDERS, conform

SCHEMA = "struct<" + ", ".join(f"{name}: variant" for name in NAMES) + ", _bad: string>"
BOM = "\ufeff"
LONGEST = 2**31 - 1  # characters
SHOWN = 120  # characters
LINE = "one JSON object a line"


def numbered(lines: DataFrame) -> DataFrame:
    """The lines of text files without a byte-order mark, and where they stand."""
    value = F.col("value")
    return lines.select(
        F.when(value.startswith(BOM), F.substring(value, 2, LONGEST)).otherwise(value).alias("raw"),
        F.col(files.PATH).alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("row"),
    )


def starts(lines: DataFrame) -> DataFrame:
    """Where the blocks of the files begin: file, block, first_row, lines_before."""
    blocks = lines.groupBy("file", "block").agg(F.min("row").alias("first_row"), F.count("*").alias("n"))
    before = blocks.alias("b").join(
        blocks.select("file", F.col("block").alias("earlier"), F.col("n").alias("n_earlier")).alias("e"),
        on=F.expr("b.file = e.file and e.earlier < b.block"),
        how="left",
    )
    return before.groupBy("b.file", "b.block", "b.first_row").agg(
        F.coalesce(F.sum("n_earlier"), F.lit(0)).alias("lines_before")
    )


def records(lines: DataFrame, *, source: str, has_partitions: bool) -> DataFrame:
    """The lines that are not blank as records, those that are none with their problem."""
    is_wide = F.contains("raw", F.lit("\x00"))  # UTF-16, UTF-32: JSON has no such byte
    json = lines.filter(F.trim("raw") != "").withColumns(
        {
            "is_wide": is_wide,
            "is_utf8": F.is_valid_utf8("raw") & ~is_wide,
            "json": F.from_json("raw", SCHEMA, {"columnNameOfCorruptRecord": "_bad"}),
        }
    )
    is_readable = F.col("is_utf8") & F.col("json._bad").isNull() & _is_object()
    fields = {field: _field(field, names) for field, names in COLUMNS.items()}
    instead, wanted = values.first_instead(fields)
    shown = F.make_valid_utf8("raw")
    texts = {field: F.when(F.col("is_readable"), value.text) for field, value in fields.items()}
    if has_partitions:
        texts |= {
            field: F.coalesce(texts[field], files.partition(COLUMNS[field], F.col("file"))) for field in OF_FOLDERS
        }
    return conform(
        json.withColumn("is_readable", is_readable),
        source=F.lit(source),
        **texts,
        raw=F.when(~F.col("is_readable") | instead.isNotNull(), shown),
        problem=F.when(~F.col("is_utf8"), "invalid_utf8")
        .when(~F.col("is_readable"), "malformed_json")
        .when(instead.isNotNull(), "not_text"),
        found=F.when(F.col("is_readable"), instead).otherwise(F.concat(_kind(), F.substring(shown, 1, SHOWN))),
        wanted=F.when(F.col("is_readable"), wanted).otherwise(_wanted()),
    )


def _field(field: str, names: list[str]) -> values.Value:
    return values.of_variant(field, [F.col(f"json.{name}") for name in names])


def _is_object() -> Column:
    """Spark stops reading after the first object: what stands behind it would be lost without a word.

    But for a comma, which is that of a JSON array with one object a line.
    """
    raw = F.col("raw")
    return raw.rlike(r"^\s*\{") & raw.rlike(r"\}[\s,]*$") & ~raw.rlike(r'\}\s*\{\s*"\w+"\s*:')


def _is_array() -> Column:
    return F.col("is_utf8") & F.col("raw").rlike(r"^\s*\[")


def _kind() -> Column:
    return F.when(F.col("is_wide"), "UTF-16 or UTF-32: ").when(_is_array(), "a JSON array: ").otherwise("")


def _wanted() -> Column:
    return (
        F.when(F.col("is_wide"), "UTF-8: iconv -f UTF-16 -t UTF-8 FILE writes it")
        .when(~F.col("is_utf8"), "UTF-8")
        .when(_is_array(), f"{LINE}: jq -c '.[]' FILE writes them")
        .otherwise(LINE)
    )
