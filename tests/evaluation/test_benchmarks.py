"""Benchmarks: every format, every line that cannot be used, and every benchmark that says something impossible."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, Sequence, Value
from pydantic import ValidationError

from finerweb import settings
from finerweb.errors import BadBenchmark
from finerweb.evaluation import loading, texts, tokens
from finerweb.evaluation.benchmarks import Benchmark
from finerweb.evaluation.loading import Loaded
from finerweb.text.spans import Entity

LANGUAGES = settings.load_languages()


def load(path: Path, **options: Any) -> Loaded:
    return loading.load(Benchmark.model_validate({"path": str(path), **options}), LANGUAGES)


def lines(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in records), "utf-8")
    return path


def record(text: str, *spans: tuple[int, int, Any], **fields: Any) -> dict[str, Any]:
    entities = [{"start": start, "end": end, "label": label} for start, end, label in spans]
    return {"text": text, "language": "en", "entities": entities, **fields}


def test_json_lines_are_read_under_each_name_of_spans_nested_ones_too(tmp_path: Path) -> None:
    spans = [{"start": 3, "end": 7, "label": ["city", "town"]}]
    file = lines(
        tmp_path / "own.jsonl",
        record("In Oslo 👍🏽", (3, 7, "city"), (0, 7, "place"), id="a", document_id="d"),
        {"text": "In Rome", "language": "eng", "char_spans": spans},
        {"text": "In Bonn", "language": "eng", "spans": []},
    )
    read = load(file)
    assert read.benchmark.name == "own"
    assert read.refused == []
    assert [(text.line, text.id, text.document, text.language) for text in read.texts] == [
        (1, "a", "d", "eng"),
        (2, "2", "2", "eng"),
        (3, "3", "3", "eng"),
    ]
    assert [list(text.entities) for text in read.texts] == [
        [Entity(3, 7, "city"), Entity(0, 7, "place")],
        [Entity(3, 7, "city"), Entity(3, 7, "town")],
        [],
    ]
    assert read.labels == {"eng": ("city", "place", "town")}


def test_every_bad_line_says_why_and_costs_no_other(tmp_path: Path) -> None:
    good = record("In Oslo", (3, 7, "city"))
    bad = [
        "{",
        "[1]",
        record(" "),
        record("Oslo", language="tlh"),
        {"text": "Oslo", "language": "eng"},
        {"text": "Oslo", "language": "eng", "spans": 3},
        record("Oslo", (0, 5, "city")),
        record("Oslo", (2, 2, "city")),
        record("Oslo", (0, 4, " ")),
        record("Oslo", (0, 4, [])),
        record("Oslo", ("0", 4, "city")),
        {**good, "entities": ["Oslo"]},
    ]
    read = load(lines(tmp_path / "own.jsonl", *bad, good))
    assert [text.line for text in read.texts] == [13]
    wanted = '; wanted {"text": ..., "language": ..., "entities": [{"start", "end", "label"}]}'
    assert all(refused.endswith(wanted) for refused in read.refused)
    reasons = [refused.removesuffix(wanted).partition(": ")[2] for refused in read.refused]
    assert reasons[0].startswith("not JSON (")
    assert reasons[1:] == [
        "found a list",
        "found no text",
        "found language 'tlh', wanted a code of languages.yml",
        "found none of entities, char_spans, spans",
        "spans: found a int, wanted a list",
        "found a span from 0 to 5 in a text of 4 characters",
        "found a span from 2 to 2 in a text of 4 characters",
        "found the label ' '",
        "found the label []",
        "found a span from '0' to 4 in a text of 4 characters",
        "found the span 'Oslo'",
    ]


CONLL = """\
# text = ignored
-DOCSTART- -X- O O

Ola NNP B-NP I-PER
Nordmann NNP I-NP I-PER
sees VB O O
# NN O O
New NNP O B-LOC
York NNP O I-LOC
Bonn NNP O B-LOC

Oslo NNP O S-LOC
broken

Rome NNP O PLACE

He O
"""


def test_conll_is_read_with_comments_documents_and_any_scheme(tmp_path: Path) -> None:
    file = tmp_path / "own.conll"
    file.write_text(CONLL, "utf-8")
    read = load(file, language="eng", labels={"PER": "person", "LOC": "location"})
    assert [(text.line, text.text, list(text.entities)) for text in read.texts] == [
        (
            4,
            "Ola Nordmann sees # New York Bonn",
            [Entity(0, 12, "person"), Entity(20, 28, "location"), Entity(29, 33, "location")],
        ),
        (17, "He", []),
    ]
    assert read.refused == [
        "line 13: found 'broken', wanted a token and its tag, O or B-label",
        "line 15: found 'Rome NNP O PLACE', wanted a token and its tag, O or B-label",
    ]
    assert read.labels == {"eng": ("person", "location")}


def test_columns_are_counted_from_either_end_and_a_tab_keeps_spaces(tmp_path: Path) -> None:
    file = tmp_path / "uner.iob2.gz"
    file.write_bytes(gzip.compress("1\tOslo\tB-fair city\t-\n2\tis\tO\t-\n".encode("utf-8-sig")))
    read = load(file, language="eng", token_column=1, tag_column=2)
    assert read.benchmark.name == "uner"
    assert [(text.text, text.entities) for text in read.texts] == [("Oslo is", (Entity(0, 4, "fair city"),))]


def test_tokens_of_unspaced_scripts_are_joined_without_spaces(tmp_path: Path) -> None:
    file = tmp_path / "own.tsv"
    file.write_text("เขา\tO\nอยู่\tO\n \tO\nกรุง\tB-LOC\nเทพ\tI-LOC\n", "utf-8")
    read = load(file, language="th")
    assert [(text.text, text.entities) for text in read.texts] == [("เขาอยู่ กรุงเทพ", (Entity(8, 15, "LOC"),))]
    assert tokens.joint(LANGUAGES["kor"]) == " "


def test_bilou_and_bioes_end_where_they_say() -> None:
    tags = ["B-A", "E-A", "S-A", "U-A", "B-A", "L-A", "I-A", "I-B", "O"]
    text, entities = tokens.joined("abcdefghi", tags, " ")
    assert [text[start:end] for start, end, _ in entities] == ["a b", "c", "d", "e f", "g", "h"]


def hub(folder: Path, tags: Any, rows: list[list[Any]]) -> Path:
    features = Features({"tokens": Sequence(Value("string")), "ner_tags": Sequence(tags)})
    values = {"tokens": [["Ola", "sees", "Oslo"]] * len(rows), "ner_tags": rows}
    folder.mkdir()
    Dataset.from_dict(values, features=features).to_parquet(folder / "test.parquet")
    return folder


def test_a_data_set_of_the_hub_has_its_tags_as_numbers_with_names_or_as_texts(tmp_path: Path) -> None:
    classes = ClassLabel(names=["O", "B-PER", "B-LOC"])
    labels = {"PER": "person", "LOC": "location"}
    read = load(hub(tmp_path / "numbers", classes, [[1, 0, 2]]), format="hub", language="eng", labels=labels)
    assert read.texts[0].text == "Ola sees Oslo"
    assert list(read.texts[0].entities) == [Entity(0, 3, "person"), Entity(9, 13, "location")]
    texts = load(hub(tmp_path / "texts", Value("string"), [["B-PER", "O", "B-LOC"]]), format="hub", language="eng")
    assert [entity.label for entity in texts.texts[0].entities] == ["PER", "LOC"]


def test_rows_of_a_data_set_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    folder = hub(tmp_path / "hub", Value("int64"), [[0, 0, 0]])
    why = r"no usable text in 1 lines, the first for: line 1: found the tags \[0, 0, 0\], wanted texts, or numbers"
    with pytest.raises(BadBenchmark, match=why):
        load(folder, format="hub", language="eng")
    with pytest.raises(BadBenchmark, match=r"hub: .* at main, split dev: .*"):
        load(folder, format="hub", language="eng", split="dev")
    with pytest.raises(BadBenchmark, match=r"benchmark gone: .*gone at v1, split test: "):
        load(tmp_path / "gone", format="hub", language="eng", revision="v1")


def test_records_of_a_data_set_of_the_hub_are_read_as_json_lines_are(tmp_path: Path) -> None:
    lines(tmp_path / "test.jsonl", record("In Oslo", (3, 7, "city")), record("In Rome", (3, 7, "city")))
    read = load(tmp_path, format="hub", name="records")
    assert [text.entities for text in read.texts] == [(Entity(3, 7, "city"),)] * 2


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        BadBenchmark,
        match=r"^benchmark own: found no file .*own\.jsonl, wanted the file of its texts\. Download it, or take the "
        r"benchmark out of evaluate\.benchmarks$",
    ):
        load(tmp_path / "own.jsonl")


def test_a_file_without_a_usable_line_says_why_the_first_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadBenchmark, match=r"^benchmark own: found no usable text in 2 lines, the first for: line 1: "):
        load(lines(tmp_path / "own.jsonl", "{", "[]"))
    (tmp_path / "empty.conll").write_text("\n\n", "utf-8")
    with pytest.raises(BadBenchmark, match=r"^benchmark empty: found no usable text in 0 lines$"):
        load(tmp_path / "empty.conll", language="eng")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b"{}" * 999)[:20])
    with pytest.raises(BadBenchmark, match=r"^benchmark cut: .*cut\.jsonl\.gz: cannot be unpacked"):
        load(tmp_path / "cut.jsonl.gz")
    (tmp_path / "latin.bio").write_bytes("a O\né O\n".encode("latin-1"))
    with pytest.raises(BadBenchmark, match=r"^benchmark latin: .*latin\.bio: cannot be read near line 2 \(.*utf-8"):
        load(tmp_path / "latin.bio", language="eng")


def test_texts_without_any_entity_name_no_label(tmp_path: Path) -> None:
    file = lines(tmp_path / "own.jsonl", record("Oslo"))
    with pytest.raises(
        BadBenchmark, match="found no entity in any of its texts, wanted one label at least to ask for. Give it"
    ):
        load(file)
    assert load(file, labels={"LOC": "location"}).labels == {"eng": ("location",)}


def test_a_label_that_the_setting_does_not_have_is_an_error_not_a_silent_loss(tmp_path: Path) -> None:
    file = lines(tmp_path / "own.jsonl", record("In Oslo", (3, 7, "LOC"), (0, 2, "MISC")))
    with pytest.raises(
        BadBenchmark,
        match=r"^benchmark own, line 1: found label 'MISC', wanted one of its `labels`: LOC\. Add it with its natural "
        r"English name, or leave its entities out: MISC: null$",
    ):
        load(file, labels={"LOC": "location"})
    read = load(file, labels={"LOC": "location", "MISC": None})
    assert read.texts[0].entities == (Entity(3, 7, "location"),)


def test_raw_labels_that_are_one_in_canonical_form_are_an_error(tmp_path: Path) -> None:
    file = lines(tmp_path / "own.jsonl", record("In Oslo", (3, 7, "City"), (0, 2, "cities")))
    why = "found 'City' and 'cities', which are both 'city' in canonical form; wanted one name. Say what they are"
    with pytest.raises(BadBenchmark, match=why):
        load(file)
    assert load(file, labels={"City": "city", "cities": "city"}).labels == {"eng": ("city",)}
    with pytest.raises(BadBenchmark, match="found '123', wanted a name with letters"):
        load(lines(tmp_path / "own.jsonl", record("Oslo", (0, 4, "123"))))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("x.txt", "format"),
        ({"path": "x.jsonl", "labels": {"A": " "}}, "labels: found ' ', wanted a name with letters"),
        ({"path": "x.jsonl", "labels": {"A": None}}, "`labels` leaves every label out"),
        (
            {"path": "x.jsonl", "labels": {"A": "city", "B": "Cities"}},
            "found 'city' and 'Cities', which are both 'city'",
        ),
        (
            {"path": "x.jsonl", "labels": {"A": "city", "B": "person"}, "paraphrases": {"person": "cities"}},
            "paraphrases: found 'city' and 'cities', which are both 'city'",
        ),
        (
            {"path": "x.jsonl", "labels": {"A": "city"}, "labels_in": {"tha": {"town": "เมือง"}}},
            "found names for 'town', wanted names of `labels`: 'city'",
        ),
        ({"name": "x", "format": "hub"}, "benchmark x: found no path"),
        ({"name": "x", "format": "gold", "path": "x"}, "benchmark x: found a path, wanted none"),
        ({"path": "x.jsonl", "limits": 3}, "limits"),
        ({"path": "x.jsonl", "limit": 0}, "greater than 0"),
    ],
)
def test_what_a_benchmark_cannot_be(given: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(why)):
        Benchmark.model_validate(given)


def test_a_limit_is_of_each_language_and_a_larger_one_keeps_what_a_smaller_chose(tmp_path: Path) -> None:
    rows = [
        record(f"Oslo {number}", (0, 4, "city"), language=("eng", "nob", "fra")[number % 3]) for number in range(60)
    ]
    rows = [{**row, "language": {"nob": "swe"}.get(row["language"], row["language"])} for row in rows]
    file = lines(tmp_path / "own.jsonl", *rows)
    few, more, other = (load(file, limit=limit, seed=seed) for limit, seed in ((3, 0), (6, 0), (3, 1)))
    assert [text.line for text in few.texts] == sorted(text.line for text in few.texts)
    assert {code: sum(text.language == code for text in few.texts) for code in ("eng", "swe", "fra")} == {
        "eng": 3,
        "swe": 3,
        "fra": 3,
    }
    assert set(few.texts) < set(more.texts)
    assert few.texts != other.texts
    assert len({few.sha256, more.sha256, other.sha256}) == 3


def test_texts_that_are_not_those_of_the_hash_are_refused(tmp_path: Path) -> None:
    file = lines(tmp_path / "own.jsonl", record("In Oslo", (3, 7, "city")), record("In Rome", (3, 7, "city")))
    digest = load(file).sha256
    assert load(file, sha256=digest).sha256 == digest
    assert texts.fingerprint(load(file).texts[::-1]) == digest
    file = lines(tmp_path / "own.jsonl", record("In Oslo", (3, 7, "city")), record("In Rome", (3, 6, "city")))
    with pytest.raises(
        BadBenchmark, match=rf"^benchmark own: found texts and entities with SHA-256 \w+, wanted {digest}\. Its file, "
    ):
        load(file, sha256=digest)


def test_real_benchmarks_are_read_whole(shared: Path) -> None:
    folder = shared / "data" / "ner" / "dev"
    names = json.loads((shared / "data" / "ner" / "label_names.json").read_text(encoding="utf-8"))
    read = load(folder / "wnut17.eng.dev.jsonl.gz", labels=names["wnut17"], limit=5000)
    assert (len(read.texts), sum(len(text.entities) for text in read.texts), read.refused) == (1009, 836, [])
    nested = load(folder / "estner.ekk.dev.jsonl.gz", limit=5000)
    assert (len(nested.texts), sum(len(text.entities) for text in nested.texts)) == (2415, 3066)
