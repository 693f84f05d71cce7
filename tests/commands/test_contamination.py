"""Benchmark texts that were planted in passages of the release are found, in any script, and others are not."""

import gzip
import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from rows import put
from typer.testing import CliRunner

from finerweb import settings
from finerweb.__main__ import app
from finerweb.commands import contamination
from finerweb.commands.contamination import Checked
from finerweb.errors import BadBenchmark
from finerweb.lake import Lake
from finerweb.tables import contaminations, examples, passages, selection
from finerweb.text import overlaps

# As the benchmark has it, and as the passage has it.
ENGLISH = "The Treaty of Ghent, signed on 24 December 1814, ended the war between Britain and the States."
PLANTED_ENGLISH = "the treaty of “Ghent” SIGNED on 24 December 1814 ended the war between Britain and the States"
THAI = "กรุงเทพมหานครเป็นเมืองหลวงและนครที่มีประชากรมากที่สุดของประเทศไทยและเป็นศูนย์กลางการปกครอง"
ARABIC = "وُلِدَ الشَّاعِرُ فِي مَدِينَةِ دِمَشْقَ ثُمَّ انْتَقَلَ إِلَى القَاهِرَةِ وَعَمِلَ فِي الصَّحَافَةِ عِدَّةَ سَنَوَاتٍ"
PLANTED_ARABIC = "ولد الشاعر في مدينة دمشق ثم انتقل إلى القاهرة وعمل في الصحافة عدة سنوات"
SHORT = "Ada Lovelace flew to Oslo 👩🏽‍🚀"
PASSAGES = {
    "e#0": ("eng", f"👍🏽 A page. {PLANTED_ENGLISH}, so they say; and the Treaty of Ghent ended it."),
    "e#1": ("eng", f"She said: {SHORT.upper()}! The treaty of Ghent, signed on 24 December 1814, was short."),
    "t#0": ("tha", f"สวัสดี {THAI} 👍🏽"),
    "a#0": ("arb", f"قال: {PLANTED_ARABIC}."),
    "u#0": ("eng", PLANTED_ENGLISH),  # not selected: not in the release
}


@pytest.fixture
def work(spark: SparkSession, tmp_path: Path) -> Path:
    lake = Lake(spark, str(tmp_path / "work" / "lake"))
    names = [
        {"passage_id": passage, "document_id": passage[0], "language": code} for passage, (code, _) in PASSAGES.items()
    ]
    texts = [{"text": text, "end": len(text)} for _, text in PASSAGES.values()]
    put(lake, passages.TABLE, *(name | text for name, text in zip(names, texts, strict=True)))
    chosen = [{"is_selected": True, "rank": 1}] * 4 + [{"problem": "quota_full"}]
    put(lake, selection.TABLE, *(name | place for name, place in zip(names, chosen, strict=True)))
    return tmp_path / "work"


def written(path: Path, *texts: str | None) -> Path:
    lines = "".join(json.dumps({"id": f"x{number}", "text": text}) + "\n" for number, text in enumerate(texts)).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


def test_what_was_planted_is_found_and_the_exit_status_says_so(spark: SparkSession, work: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sets"
    folder.mkdir()
    first = written(folder / "a.jsonl", ENGLISH, "Nothing of the kind is in there, as far as anyone knows.", SHORT)
    second = written(folder / "b.jsonl.gz", THAI, ARABIC, "Too short", None)
    result = CliRunner().invoke(app, ["contamination", str(folder), "--conf", "conf/test.yml", "--set", f"work={work}"])
    assert result.exit_code == 1, result.output
    assert result.output.splitlines() == [
        f"{first}: 3 texts",
        "  eng  2 texts (66.7%) in 2 passages; the longest run has 17 words",
        f'{second}, line 4: found no text; wanted JSON lines, {{"text": ..., "id": ...}}, plain or gzip',
        f"{second}: 3 texts, 1 of them too short to check",
        "  arb  1 texts (33.3%) in 1 passages; the longest run has 14 words",
        f"  tha  1 texts (33.3%) in 1 passages; the longest run has {len(overlaps.words(THAI))} words",
    ]
    lake = Lake(spark, str(work / "lake"))
    assert sorted(tuple(row) for row in lake.read(contaminations.TABLE).collect()) == [
        ("a#0", "arb", str(second), 2, "x1", 14, PLANTED_ARABIC),
        ("e#0", "eng", str(first), 1, "x0", 17, PLANTED_ENGLISH),
        ("e#1", "eng", str(first), 3, "x2", 5, "ADA LOVELACE FLEW TO OSLO"),
        ("t#0", "tha", str(second), 1, "x0", len(overlaps.words(THAI)), THAI),
    ]
    # Another benchmark's check leaves these rows, the same one's replaces them; a longer run is asked for here.
    clean = written(tmp_path / "clean.jsonl", "Not a word of this sentence was ever seen by anybody at all.")
    assert contamination.check(lake, [clean, first], size=18, least=18) == [
        Checked(str(clean), 1, 1, [], []),
        Checked(str(first), 3, 3, [], []),
    ]
    assert [row["passage_id"] for row in lake.read(contaminations.TABLE).orderBy("passage_id").collect()] == [
        "a#0",
        "t#0",
    ]


def test_a_missing_file_is_named_with_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(BadBenchmark) as caught:
        contamination.listed(tmp_path / "dev.jsonl")
    assert str(caught.value) == (
        f'benchmark {tmp_path}/dev.jsonl: nothing there; wanted JSON lines, {{"text": ..., "id": ...}}, plain or gzip, '
        "or a folder of such files"
    )
    with pytest.raises(BadBenchmark, match=r"no \.jsonl, \.jsonl\.gz, \.json, \.json\.gz in this folder; wanted"):
        contamination.listed(tmp_path)


def test_a_file_that_cannot_be_unpacked_is_named(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl.gz").write_bytes(gzip.compress(b'{"text": "x"}\n')[:-6])
    with pytest.raises(BadBenchmark, match=r"^benchmark .*dev\.jsonl\.gz: cannot be unpacked \("):
        contamination.check(lake, [tmp_path], size=13, least=5)


def test_contaminated_passages_are_left_out_where_that_is_asked_for(spark: SparkSession, lake: Lake) -> None:
    put(lake, contaminations.TABLE, {"passage_id": "e#0", "words": 13})
    put(
        lake,
        examples.TABLE,
        *({"example_id": f"{passage}-s0", "passage_id": passage, "split": "train"} for passage in PASSAGES),
    )
    assert settings.load("conf/test.yml").publish.leave_out_contaminated is False
    both = lake.read(examples.TABLE), lake.read(contaminations.TABLE)
    assert contaminations.spare(*both, leave_out=False).count() == 5
    left = contaminations.spare(*both, leave_out=True)
    assert sorted(row["passage_id"] for row in left.collect()) == ["a#0", "e#1", "t#0", "u#0"]
