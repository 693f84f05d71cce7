"""The SQL of the lake: what is a name and what a folder, quoting, and statements that no workspace is needed to read."""

import os
from pathlib import Path

import pytest

from finerweb import settings
from finerweb.errors import BadSettings
from finerweb.lake import sql, volumes
from finerweb.table import Column, Table

NOTES = Table(
    name="notes",
    comment="A person's note.",
    key=("note_id",),
    columns=(
        Column("note_id", "string", "its `id`, \\ and all", nullable=False),
        Column("language", "array<string>", "its 'languages'"),
    ),
    constraints={"named": "note_id <> 'x'"},
)


@pytest.mark.parametrize(
    ("location", "parts"),
    [
        ("lake", ("lake",)),
        ("dev.finerweb", ("dev", "finerweb")),
        ("my-catalog.my-schema", ("my-catalog", "my-schema")),
        ("`my.catalog`.`a ``b``/c`", ("my.catalog", "a `b`/c")),
        ("données.schéma", ("données", "schéma")),
        ("./lake", None),
        ("work/lake", None),
        ("/tmp/a.b", None),
        ("s3a://bucket/lake", None),
        ("dbfs:lake", None),
        ("/odd `folder`", None),
    ],
)
def test_a_folder_has_a_slash_or_a_scheme_and_all_else_is_a_name(location: str, parts: tuple[str, ...] | None) -> None:
    assert sql.schema_of(location) == parts


@pytest.mark.parametrize("location", ["a.b.c", "my lake", "", "lake.", "`open", "~lake"])
def test_what_is_neither_is_refused_with_the_way_to_say_it(location: str) -> None:
    with pytest.raises(BadSettings) as refused:
        sql.schema_of(location)
    assert str(refused.value) == (
        f"lake.location {location or 'of no sign'}: wanted a folder, with a slash or a scheme in it, or schema or "
        f"catalog.schema. Write ./{location} for a folder; a part of a name with other signs than letters, digits, _ "
        "and - stands in backticks"
    )


def test_a_name_that_a_folder_has_too_is_doubtful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.makedirs("my-lake")
    os.makedirs("lake")
    with pytest.raises(BadSettings) as refused:
        settings.load(None, ["lake.location=my-lake"])
    assert str(refused.value).endswith(
        "lake.location my-lake: found the name of a schema, and a folder of that name. Write ./my-lake for the folder, "
        "or put each part of the schema's name in backticks"
    )
    assert sql.schema_of("`my-lake`") == ("my-lake",)
    assert sql.schema_of("lake") == ("lake",), "as it has always been"


def test_a_table_is_made_with_its_contract_and_without_what_outsiders_refuse() -> None:
    assert sql.table(sql.quoted("my-catalog", "a`b", "notes"), NOTES, {"finerweb.table.version": "1"}) == (
        "CREATE TABLE IF NOT EXISTS `my-catalog`.`a``b`.`notes` "
        "(`note_id` string NOT NULL COMMENT 'its `id`, \\\\ and all', "
        "`language` array<string> COMMENT 'its \\'languages\\'') USING delta COMMENT 'A person\\'s note.' "
        "TBLPROPERTIES ('delta.enableDeletionVectors' = 'false', 'delta.enableRowTracking' = 'false', "
        "'delta.enableTypeWidening' = 'false', 'delta.checkpointPolicy' = 'classic', "
        "'delta.columnMapping.mode' = 'none', 'delta.enableChangeDataFeed' = 'true', "
        "'delta.constraints.named' = 'note_id <> \\'x\\'', "
        "'finerweb.table.version' = '1') CLUSTER BY (`language`)"
    )
    assert sql.table("t", NOTES, {}, anew=True).startswith("REPLACE TABLE t (")


def test_volumes_are_those_that_the_settings_name() -> None:
    own = settings.load(
        "conf/test.yml",
        [
            "work=/Volumes/dev/my-schema/files",
            "ask.spool=dbfs:/Volumes/dev/my-schema/spool/a/b",
            "publish.path=/Volumes/other/s/v",
            "ingest.sources=[{name: pages, path: /Volumes/dev/in/pages/x.jsonl}]",
        ],
    )
    named = volumes.named(own.model_dump(exclude={"languages"}))
    assert named == {
        ("dev", "my-schema", "files"),
        ("dev", "my-schema", "spool"),
        ("other", "s", "v"),
        ("dev", "in", "pages"),
    }
    assert volumes.statements(("dev", "my-schema", "files")) == (
        "CREATE SCHEMA IF NOT EXISTS `dev`.`my-schema`",
        "CREATE VOLUME IF NOT EXISTS `dev`.`my-schema`.`files`",
    )
