"""Labels: their canonical form, their coarse class, and their name in each language in which they occur."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import problems
from finerweb.errors import Unreadable
from finerweb.labels import forms as label_forms
from finerweb.labels.classes import OTHER, coarse
from finerweb.labels.languages import is_english
from finerweb.labels.meanings import FEW, meanings
from finerweb.languages import ENGLISH, Language
from finerweb.questions import label_english, label_name
from finerweb.rows import flat_map, only
from finerweb.table import Column, Table, row_of

TABLE = Table(
    name="labels",
    comment="A label as it occurs in a language.",
    key=("label", "language"),
    columns=(
        Column("label", "string", "as an annotator wrote it", nullable=False),
        Column("language", "string", "the language of the passages it occurs in", nullable=False),
        Column("canonical", "string", "in canonical form: English, unless the problem says else", nullable=False),
        Column(
            "changes",
            "array<string>",
            "what made it canonical: steps of label_forms, english (translated), joined, typo, vocabulary",
            nullable=False,
        ),
        Column("coarse", "string", "its coarse class", nullable=False),
        Column("name", "string", "in the language; the canonical form where there is a problem", nullable=False),
        Column("back", "string", "the name put into English again, where that was asked"),
        Column("collides", "array<string>", "other canonical labels of this name in the language", nullable=False),
        Column("mentions", "bigint", "spans that carry it, of all annotators", nullable=False),
        Column(
            "problem",
            "string",
            f"why it has no name of its own in the language: {problems.listed(problems.LABEL)}, or that of the answer",
        ),
    ),
)

# On the way: a name is there already where the vocabulary is frozen, and nothing is asked about a row with a problem.
FORM = (
    Column("label", "string", ""),
    Column("language", "string", ""),
    Column("mentions", "bigint", ""),
    Column("canonical", "string", ""),
    Column("changes", "array<string>", ""),
    Column("coarse", "string", ""),
    Column("name", "string", ""),
    Column("is_english", "boolean", ""),
    Column("problem", "string", ""),
)
_form_row = row_of(FORM, "a form of a label")
_IS_OPEN = "name is null and problem is null"


def named(labels: DataFrame, canonical: Collection[str]) -> DataFrame:
    """Those that have a name in their language, of these labels in canonical form."""
    own = labels.filter("problem is null").select("label", "language", "canonical", "name")
    return only(own, "canonical", canonical)


def inventory(mentions: DataFrame) -> DataFrame:
    """Every label in every language, and how often: label, language, mentions."""
    return mentions.filter("problem is null").groupBy("label", "language").agg(F.count("*").alias("mentions"))


def forms(inventory: DataFrame, *, languages: Mapping[str, Language]) -> DataFrame:
    """The labels in canonical form, each by itself: columns of FORM."""
    detect = {code: language.detect[0] for code, language in languages.items() if language.detect and code != ENGLISH}
    return flat_map(inventory, partial(_form, detect=detect), FORM)


def _form(row: Any, *, detect: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    text, changes = label_forms.form(row.label, is_english=False)
    problem = label_forms.problem(text)
    english = problem is not None or is_english(text, detect.get(row.language))
    if english:
        text, changes = label_forms.form(row.label)
    yield _form_row(
        **_label(row),
        canonical=text or OTHER,
        changes=changes,
        coarse=None,
        name=None,
        is_english=english,
        problem=problem,
    )


def _label(row: Any) -> dict[str, Any]:
    return {"label": row.label, "language": row.language, "mentions": row.mentions}


def freeze(forms: DataFrame, vocabulary: DataFrame | None) -> DataFrame:
    """The labels as a vocabulary (label, language, canonical, coarse, name) has them; unchanged where there is none.

    A label is looked up as it was written, then in canonical form. One that is not there keeps its own form.
    """
    if vocabulary is None:
        return forms
    entries = vocabulary.select("label", "language", F.struct("canonical", "coarse", "name").alias("entry"))
    by_form = entries.select(F.col("label").alias("canonical"), "language", F.col("entry").alias("form_entry"))
    matches = forms.join(entries, on=["label", "language"], how="left").join(
        by_form, on=["canonical", "language"], how="left"
    )
    entry = F.coalesce("entry", "form_entry")
    is_changed = entry["canonical"] != F.col("canonical")
    return matches.select(
        "label",
        "language",
        "mentions",
        F.coalesce(entry["canonical"], "canonical").alias("canonical"),
        F.when(is_changed, F.array_append("changes", F.lit("vocabulary"))).otherwise(F.col("changes")).alias("changes"),
        entry["coarse"].alias("coarse"),
        entry["name"].alias("name"),
        "is_english",
        F.when(entry.isNull(), F.coalesce("problem", F.lit("not_in_vocabulary"))).alias("problem"),
    )


def foreign(forms: DataFrame) -> DataFrame:
    """The labels that are not English, each once in a language: label, language."""
    return _once(forms.filter(_IS_OPEN).filter("not is_english"))


def unnamed(settled: DataFrame) -> DataFrame:
    """The canonical labels of passages in other languages than English, each once in a language: label, language."""
    return _once(settled.filter(_IS_OPEN).filter(F.col("language") != ENGLISH))


def _once(forms: DataFrame) -> DataFrame:
    return forms.select(F.col("canonical").alias("label"), "language").distinct()


def are_few(forms: DataFrame) -> bool:
    """May one task settle them?"""
    return forms.limit(FEW + 1).count() <= FEW


def settle(forms: DataFrame, completions: DataFrame, *, few: bool = True) -> DataFrame:
    """The labels in English by the label_english answers, and then variants of a frequent one as that one."""
    repaired = flat_map(_answered(forms, completions), _repaired, FORM)
    counted = repaired.filter(_IS_OPEN).groupBy("canonical").agg(F.sum("mentions").alias("mentions"))
    meant = repaired.join(meanings(counted, few=few), on="canonical", how="left")
    is_variant = F.expr(f"meant is not null and {_IS_OPEN}")
    return (
        meant.withColumn("changes", F.when(is_variant, F.concat("changes", "why")).otherwise(F.col("changes")))
        .withColumn("canonical", F.when(is_variant, F.col("meant")).otherwise(F.col("canonical")))
        .select(*[column.name for column in FORM])
    )


def _answered(forms: DataFrame, completions: DataFrame) -> DataFrame:
    answers = completions.select(
        F.col("subject_id").alias("canonical"), "language", "answer", F.col("problem").alias("answer_problem")
    )
    return forms.join(answers, on=["canonical", "language"], how="left")


def _repaired(row: Any) -> Iterator[tuple[Any, ...]]:
    text, changes, problem = row.canonical, list(row.changes), row.problem
    if not row.is_english and row.name is None and problem is None:
        try:
            text = label_english.parse(row.answer or "")
        except Unreadable:
            problem = "not_english"
        if problem is None and label_english.doubt(text, {}):
            text, problem = row.canonical, "not_english"
        changes += ["english"] * (text != row.canonical)
    yield _form_row(
        **_label(row),
        canonical=text,
        changes=changes,
        coarse=row.coarse,
        name=row.name,
        is_english=row.is_english,
        problem=problem,
    )


def name(settled: DataFrame, completions: DataFrame, *, languages: Mapping[str, Language]) -> DataFrame:
    """The labels with the names that the label_name answers give them; English labels are their own names."""
    scripts = {code: language.script for code, language in languages.items()}
    return flat_map(_answered(settled, completions), partial(_named, scripts=scripts), _NAMED)


def given(named: DataFrame, *, when: bool) -> DataFrame:
    """The names that were given, each once in a language, to be put into English again: label, language."""
    names = named.filter(F.lit(when) & F.col("problem").isNull() & (F.col("language") != ENGLISH))
    return names.select(F.col("name").alias("label"), "language").distinct()


def check(named: DataFrame, completions: DataFrame) -> DataFrame:
    """The labels after their names were put into English again by the label_english answers, where they were.

    A name that comes back as something of another coarse class is not taken. Two labels of one name keep it.
    """
    answers = completions.select(F.col("subject_id").alias("name"), "language", "answer")
    checked = flat_map(named.drop("back").join(answers, on=["name", "language"], how="left"), _checked, _NAMED)
    same = Window.partitionBy("language", F.lower("name"), F.col("problem").isNull())  # bounded: the labels of one name
    # bounded: the labels of one name
    others = F.array_remove(F.collect_set("canonical").over(same), F.col("canonical"))
    return checked.withColumn(
        "collides", F.when(F.col("problem").isNull(), F.sort_array(others)).otherwise(F.array().cast("array<string>"))
    )


_NAMED = tuple(column for column in TABLE.columns if column.name != "collides")
_name_row = row_of(_NAMED, "a named label")


def _settled(row: Any) -> dict[str, Any]:
    return {**_label(row), "canonical": row.canonical, "changes": list(row.changes)}


def _named(row: Any, *, scripts: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    name, problem = row.name or row.canonical, row.problem
    if row.name is None and problem is None and row.language != ENGLISH:
        try:
            answer = label_name.parse(row.answer or "")
        except Unreadable:
            problem = row.answer_problem or "not_asked"
        else:
            problem = label_name.doubt(answer, {"label": row.canonical, "script": scripts[row.language]})
            name = row.canonical if problem else answer
    of_class = row.coarse or coarse(row.canonical)
    yield _name_row(**_settled(row), coarse=of_class, name=name, back=None, problem=problem)


def _checked(row: Any) -> Iterator[tuple[Any, ...]]:
    name, back, problem = row.name, None, row.problem
    if problem is None and row.answer is not None:
        with suppress(Unreadable):  # then nothing is known against the name
            back = label_english.parse(row.answer)
        if back is not None and back != row.canonical and coarse(back) != row.coarse:
            name, problem = row.canonical, "other_meaning"
    yield _name_row(**_settled(row), coarse=row.coarse, name=name, back=back, problem=problem)
