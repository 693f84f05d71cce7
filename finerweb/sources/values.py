"""A field of a record as text; or what it is instead, so that a list does not become the text of a document."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, DecimalType, IntegralType, StringType, StructField, VariantType

# What decides about a document must be text; of the other fields a number's or a date's own text will do.
STRICT = ("text", "id", "language", "script", "url")
KINDS = {"ARRAY": "a list", "OBJECT": "an object", "BOOLEAN": "a boolean"}  # of a variant; the others are numbers
SHOWN = 120  # characters


class Value(NamedTuple):
    """A field's text, and what it is where it is neither text nor nothing, such as `text is a list: ["a"]`."""

    text: Column
    instead: Column


def _nothing() -> Column:
    return F.lit(None).cast("string")


def wanted(field: str) -> str:
    """What a field should have been."""
    return f"{field}: a text or a whole number" if field == "id" else f"{field}: a text"


def of_column(field: str, column: StructField) -> Value:
    """A field that is a column of a table."""
    kind, value = column.dataType, F.col(f"`{column.name}`")
    if isinstance(kind, VariantType):
        return of_variant(field, [value])
    text = _nanoseconds(column.name) if column.metadata.get("unit") == "ns" else value.try_cast("string")
    if isinstance(kind, StringType) or field not in STRICT or (field == "id" and _is_whole(kind)):
        return Value(text, _nothing())
    shown = F.substring(F.to_json(F.struct(value.alias(column.name))), 1, SHOWN)
    instead = F.concat(F.lit(f"{field} is {kind.simpleString()[:SHOWN]}: "), shown)
    return Value(_nothing(), F.when(value.isNotNull(), instead))


def first(chosen: Sequence[Value]) -> Value:
    """The first of some values that is there."""
    if not chosen:
        return Value(_nothing(), _nothing())
    return Value(F.coalesce(*[value.text for value in chosen]), F.coalesce(*[value.instead for value in chosen]))


def _is_whole(kind: DataType) -> bool:
    return isinstance(kind, IntegralType) or (isinstance(kind, DecimalType) and kind.scale == 0)


def _nanoseconds(name: str) -> Column:
    """The time that a column of nanoseconds since 1970 says, to the microsecond."""
    seconds = f"cast(`{name}` / 1000000000 as decimal(18, 6))"
    return F.expr(f"timestamp_ntz'1970-01-01' + make_dt_interval(0, 0, 0, {seconds})").cast("string")


def of_variant(field: str, variants: Sequence[Column]) -> Value:
    """A field that is the first of some JSON values that is not null."""
    value = F.coalesce(*[F.when(~F.is_variant_null(variant), variant) for variant in variants])
    text = F.try_variant_get(value, "$", "string")
    if field not in STRICT:
        return Value(text, _nothing())
    kind = F.regexp_extract(F.schema_of_variant(value), r"^\w+(?:\(\d+,0\))?", 0)
    is_text = kind == "STRING"
    if field == "id":
        is_text |= kind.rlike(r"^BIGINT$|^DECIMAL\(\d+,0\)$")
    words = F.lit("a number")
    for start, name in KINDS.items():
        words = F.when(kind.startswith(start), name).otherwise(words)
    instead = F.concat(F.lit(f"{field} is "), words, F.lit(": "), F.substring(F.to_json(value), 1, SHOWN))
    return Value(F.when(is_text, text), F.when(value.isNotNull() & ~is_text, instead))


def first_instead(values: Mapping[str, Value]) -> tuple[Column, Column]:
    """What the first field is that is no text, and what was wanted of it; null where all are."""
    strict = {field: values[field] for field in STRICT if field in values}
    pairs = [F.when(value.instead.isNotNull(), F.lit(wanted(field))) for field, value in strict.items()]
    return F.coalesce(*[value.instead for value in strict.values()]), F.coalesce(*pairs)


def of_python(field: str, value: Any) -> tuple[str | None, str | None]:
    """A field's text and what it is instead, as in Value, of a Python value."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if value is None or isinstance(value, str) or field not in STRICT or (field == "id" and is_whole):
        return None if value is None else str(value), None
    kind = {list: "a list", dict: "an object", bool: "a boolean", int: "a number", float: "a number"}.get(type(value))
    shown = json.dumps(value, ensure_ascii=False, default=str)[:SHOWN]
    return None, f"{field} is {kind or type(value).__name__}: {shown}"
