"""What changed is what is done: a job makes anew the languages in which its inputs changed, and says so where it cannot."""

from collections.abc import Sequence

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import settings
from finerweb.lake import Lake, changes, sql
from finerweb.lake.changes import Change, Seen, Since
from finerweb.lake.history import State
from finerweb.running import code
from finerweb.running.runner import Outcome, Runner
from finerweb.settings import Settings
from finerweb.table import Column, Table

WORDS = Table(
    name="words",
    comment="A word.",
    key=("word",),
    columns=(Column("word", "string", "it", nullable=False), Column("language", "string", "its language")),
)
SIZES = Table(
    name="sizes",
    comment="How many words a language has.",
    key=("language",),
    columns=(
        Column("language", "string", "it"),
        Column("words", "bigint", "how many"),
        Column("lengths", "map<string, int>", "of a type that Spark does not compare"),
    ),
)
RULES = Table(
    name="rules",
    comment="What is of no language.",
    key=("rule",),
    columns=(Column("rule", "string", "it", nullable=False),),
    cluster=("rule",),
)
START = [("casa 👍🏽", "por"), ("mar", "por"), ("บ้าน", "tha")]


def words(spark: SparkSession, rows: Sequence[tuple[str, str]]) -> DataFrame:
    return spark.createDataFrame(rows, WORDS.schema)


def count(lake: Lake, _: Settings) -> None:
    lake.read(RULES, or_empty=True)
    changed = lake.changed()
    lengths = F.map_from_arrays(F.collect_list("word"), F.collect_list(F.length("word")))
    changed.replace(
        SIZES, changed.read(WORDS).groupBy("language").agg(F.count("*").alias("words"), lengths.alias("lengths"))
    )


@pytest.fixture
def own() -> Settings:
    return settings.load("conf/test.yml", [])


@pytest.fixture(autouse=True)
def tables_of_the_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finerweb.tables.every", lambda: [WORDS, SIZES, RULES])
    monkeypatch.setattr(code, "fingerprint", lambda job: "same")


def run(lake: Lake, own: Settings, *, force: bool = False) -> Outcome:
    return Runner(lake, own, force=force).run("count", count)


def sizes(lake: Lake) -> dict[str, int]:
    return {row["language"]: row["words"] for row in lake.peek(SIZES).collect()}


def test_only_the_languages_that_changed_are_made_anew(spark: SparkSession, lake: Lake, own: Settings) -> None:
    lake.append(WORDS, words(spark, START))
    first = run(lake, own)
    assert (first.notes, first.rows, sizes(lake)) == ((), {"sizes": 2}, {"por": 2, "tha": 1})

    lake.append(WORDS, words(spark, [("ปลา", "tha"), ("house", "eng")]))
    second = run(lake, own)
    assert (second.notes, second.rows) == (("changed: eng, tha",), {"sizes": 2})
    assert sizes(lake) == {"por": 2, "tha": 2, "eng": 1}

    lake.delete(WORDS, words(spark, [("house", "eng")]), "t.word = d.word")
    assert (run(lake, own).notes, sizes(lake)) == (("changed: eng",), {"por": 2, "tha": 2})

    # By hand, in what the job made: its languages are made as they should be.
    spark.sql(f"UPDATE {lake.name(SIZES)} SET words = 9 WHERE language = 'por'")
    assert (run(lake, own).notes, sizes(lake)) == (("changed: por",), {"por": 2, "tha": 2})
    assert run(lake, own, force=True).notes == ()


def test_the_same_rows_again_are_no_change(spark: SparkSession, lake: Lake, own: Settings) -> None:
    lake.replace(WORDS, words(spark, START))
    run(lake, own)
    version = lake.version(SIZES)
    lake.begin("import")
    lake.replace(WORDS, words(spark, START[::-1]))
    lake.append(WORDS, words(spark, [("fish", "eng")]))
    lake.delete(WORDS, words(spark, [("fish", "eng")]), "t.word = d.word")
    assert run(lake, own).is_current
    assert lake.version(SIZES) == version


def test_what_is_of_no_language_changes_all(spark: SparkSession, lake: Lake, own: Settings) -> None:
    lake.append(WORDS, words(spark, START))
    run(lake, own)
    lake.append(RULES, spark.createDataFrame([("no plurals",)], RULES.schema))
    changed = run(lake, own)
    assert (changed.notes, changed.rows) == (("all languages: rules changed, and has no languages",), {"sizes": 2})


def test_where_nobody_knows_what_changed_all_is_made_anew(spark: SparkSession, lake: Lake, own: Settings) -> None:
    """A feed that was off, one that was vacuumed away, another table of the same name."""
    lake.append(WORDS, words(spark, START))
    name = lake.name(WORDS)
    seen = Seen(WORDS, None, lake.state(WORDS))

    spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ({sql.text(sql.FEED)} = 'false')")
    lake.append(WORDS, words(spark, [("house", "eng")]))
    assert lake.change(seen) == (None, "has no change feed from version 1 on")

    fresh = Lake(spark, lake.location)  # another driver, which gives the table its feed back
    fresh.create(WORDS)
    seen = Seen(WORDS, None, fresh.state(WORDS))
    fresh.delete(WORDS, words(spark, [("house", "eng")]), "t.word = d.word")
    assert fresh.change(seen) == (frozenset({"eng"}), "")
    fresh.vacuum(WORDS)
    gone = Lake(spark, lake.location).change(seen)
    assert (gone.languages, gone.why) == (None, f"has no change feed from version {seen.state.version} on")

    spark.sql(f"REPLACE TABLE {name} (word STRING, language STRING) USING delta")
    other = seen.state._replace(mark="1234abcd")
    why = f"is another table than that of version {other.version}, or has forgotten it"
    assert lake.change(seen._replace(state=other)) == (None, why)
    assert lake.change(seen._replace(state=State(-1))) == (None, "is new, or gone")


def test_each_part_of_a_table_counts() -> None:
    state = State(7, "a", 12)
    parts = [Seen(WORDS, f"word = '{word}'", state) for word in ("casa", "mar")]
    of_part = dict(zip([part.where for part in parts], [frozenset({"por"}), frozenset[str]()], strict=True))
    change = changes.together(Since(parts), lambda seen: Change(of_part[seen.where]))
    assert change == (frozenset({"por"}), "")


def test_a_table_that_a_job_only_describes_makes_no_language_anew() -> None:
    of_table = {WORDS.name: Change(frozenset({"por"})), RULES.name: Change(None, "changed, and has no languages")}
    since = Since([Seen(table, None, State(7)) for table in (WORDS, RULES)])
    assert changes.together(since, lambda seen: of_table[seen.table.name], [WORDS]) == (frozenset({"por"}), "")
    assert changes.together(since, lambda seen: of_table[seen.table.name]).languages is None


@pytest.mark.parametrize("text", ["7 1f2e3d4c", "-1", "7", "12 rows at 7 1f2e3d4c"])
def test_a_state_is_read_as_it_was_written(text: str) -> None:
    assert str(State.parse(text)) == text


def test_a_part_is_told_by_its_rows_whoever_else_appended() -> None:
    assert State.parse("12 rows at 7 a").is_same(State.parse("12 rows at 9 b"))
    assert not State.parse("12 rows at 7 a").is_same(State.parse("13 rows at 9 b"))
    assert State.parse("12 rows").is_same(State.parse("12 rows at 9 b"))  # as an earlier finerweb wrote it
