"""`finerweb audit_export` and `audit_import`, as a person types them, on a lake of three passages."""

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pyspark.sql import SparkSession
from rows import put
from typer.testing import CliRunner

from finerweb.__main__ import app
from finerweb.lake import Lake
from finerweb.tables import audits, entities, passages, selection

TEXTS = {"d#0": ("eng", "👍🏽 Ada saw Oslo and Rome."), "d#1": ("eng", "Mali"), "t#0": ("tha", "ไปกรุงเทพ")}
NAMED = [("d#0", "Oslo", "city"), ("d#0", "Rome", "river"), ("t#0", "กรุงเทพ", "city")]


def entity(passage_id: str, mention: str, label: str) -> dict[str, Any]:
    code, text = TEXTS[passage_id]
    start = text.index(mention)
    span = {"start": start, "end": start + len(mention), "mention": mention, "text": text}
    names = {"passage_id": passage_id, "language": code, "label": label, "labels": [label]}
    return {**span, **names, "agreement": "exact", "confidence": 0.9}


@pytest.fixture
def work(spark: SparkSession, tmp_path: Path) -> Path:
    """A work folder whose lake has annotated passages."""
    lake = Lake(spark, str(tmp_path / "work" / "lake"))
    names = [{"passage_id": key, "document_id": key[0], "language": code} for key, (code, _) in TEXTS.items()]
    texts = [{"text": text, "end": len(text), "is_target_language": True} for _, text in TEXTS.values()]
    put(lake, passages.TABLE, *(name | text for name, text in zip(names, texts, strict=True)))
    chosen = [name for name in names if name["passage_id"] != "d#1"]
    put(lake, selection.TABLE, *(name | {"is_selected": True, "rank": 1} for name in chosen))
    put(lake, entities.TABLE, *(entity(*named) for named in NAMED))
    return tmp_path / "work"


def finerweb(work: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--conf", "conf/test.yml", "--set", f"work={work}"])


def fill(path: Path, answers: dict[str, str], *, auditor: str) -> None:
    """Mention (empty for a passage as a whole) -> what is written into its line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    for row in rows:
        written = answers.get(row[4].strip("“”"))
        if written is not None:
            row[8 if not row[4] else 7], row[9] = written, auditor
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_what_people_say_goes_out_and_comes_back_once(work: Path, spark: SparkSession, tmp_path: Path) -> None:
    lake, sheet = Lake(spark, str(work / "lake")), tmp_path / "audit.csv"
    result = finerweb(work, "audit_export", str(sheet), "--per-language", "3")
    assert result.exit_code == 0, result.output
    assert result.output == (
        f"{sheet}: 5 lines about 2 passages in 2 languages. "
        f"Fill in verdict, missing and auditor, then: finerweb audit_import {sheet}\n"
    )
    fill(sheet, {"Oslo": "ok", "Rome": "wrong_type", "": "-"}, auditor="Ada")

    result = finerweb(work, "audit_import", str(sheet))
    assert (result.exit_code, result.output) == (
        0,
        f"{sheet}: 4 audits, 4 of them new or changed; 1 lines not filled in; 0 refused\n",
    )
    rows = [
        ("d#0", "eng", 0, 0, "", "", "Ada", None, []),
        ("d#0", "eng", 11, 15, "city", "Oslo", "Ada", "ok", None),
        ("d#0", "eng", 20, 24, "river", "Rome", "Ada", "wrong_type", None),
        ("t#0", "tha", 0, 0, "", "", "Ada", None, []),
    ]
    assert sorted(tuple(row) for row in lake.read(audits.TABLE).collect()) == rows
    version = lake.version(audits.TABLE)

    assert "4 audits, 0 of them new or changed" in finerweb(work, "audit_import", str(sheet)).output
    assert lake.version(audits.TABLE) == version, "measures would be computed again"

    # Ada changes her mind, Bo disagrees, and somebody else's line is broken: the others are taken all the same.
    fill(sheet, {"Oslo": "ok", "Rome": "ok"}, auditor="Ada")
    assert "4 audits, 1 of them new" in finerweb(work, "audit_import", str(sheet)).output
    fill(sheet, {"Oslo": "fine", "Rome": "not_entity"}, auditor="Bo")
    result = finerweb(work, "audit_import", str(sheet))
    assert (result.exit_code, result.output) == (
        1,
        f"{sheet}, line 3: verdict: found 'fine', wanted ok, wrong_span, wrong_type or not_entity; write one of these\n"
        f"{sheet}: 3 audits, 1 of them new or changed; 1 lines not filled in; 1 refused\n",
    )
    rows[2] = (*rows[2][:7], "ok", None)
    rows.insert(3, ("d#0", "eng", 20, 24, "river", "Rome", "Bo", "not_entity", None))
    assert sorted(tuple(row) for row in lake.read(audits.TABLE).collect()) == rows


def test_a_sheet_of_annotations_that_are_gone_is_refused_line_by_line(
    work: Path, spark: SparkSession, tmp_path: Path
) -> None:
    lake, sheet = Lake(spark, str(work / "lake")), tmp_path / "audit.csv"
    finerweb(work, "audit_export", str(sheet))
    fill(sheet, {"Oslo": "ok", "กรุงเทพ": "ok"}, auditor="Ada")
    lake.replace(entities.TABLE, lake.read(entities.TABLE).filter("mention <> 'Oslo'"))
    result = finerweb(work, "audit_import", str(sheet))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{sheet}, line 3: start, end, label: found 11:15 “city”, wanted an entity of the passage (20:24 “river”); "
        "restore the cell, or export the sheet again if the annotations have changed since",
        f"{sheet}: 1 audits, 1 of them new or changed; 3 lines not filled in; 1 refused",
    ]


def test_without_annotations_there_is_nothing_to_export(work: Path, tmp_path: Path) -> None:
    result = finerweb(tmp_path / "empty", "audit_export", str(tmp_path / "audit.csv"))
    assert result.exit_code == 1
    assert "finerweb: WrongTable: table selection: nothing at" in result.output
    assert not (tmp_path / "audit.csv").exists()


def test_a_file_that_is_there_is_not_written_over(work: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "audit.csv"
    sheet.write_text("my work")
    result = finerweb(work, "audit_export", str(sheet))
    assert result.exit_code == 1
    assert f"BadSheet: {sheet}: found a file, wanted none: it may hold somebody's work; name another" in result.output
    assert sheet.read_text() == "my work"
