"""Documents are cut once: other cuts for a lake with passages are refused, and said to be."""

import json
from pathlib import Path

import pytest
from rows import put

from finerweb import graph, settings
from finerweb.errors import WrongTable
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import documents, passages

TEXT = "Lena Berg opened a bakery in Oslo. It sells bread. 👩🏽‍🚀 came by."
WAY_OUT = (
    "Rows that are there stay, and the answers that were paid for them: set it back, or give the other setting a lake "
    "of its own (--set work=FOLDER, or --set lake.location=...)"
)


def load(tmp_path: Path, *overrides: str) -> Settings:
    source = f"ingest.sources=[{tmp_path / 'pages.jsonl'}]"
    return settings.load(
        "conf/test.yml", [f"work={tmp_path / 'work'}", source, "train.encoder={source: minilm}", *overrides]
    )


def take_in(lake: Lake, *names: str) -> None:
    """Make these the documents."""
    common = {"language": "eng", "script": "Latn", "text": TEXT, "source": "pages"}
    put(lake, documents.TABLE, *({"document_id": f"pages/{name}", **common} for name in names))


def cut(lake: Lake, chosen: Settings, *before: str) -> list[tuple[str, int]]:
    """Passages and their words, after documents were cut, and other jobs before."""
    for job in (*before, "split_passages"):
        lake.begin(job)
        graph.load(job).main(lake, chosen)
    return sorted((row["passage_id"], row["words"]) for row in lake.read(passages.TABLE).collect())


def test_other_cuts_are_refused(lake: Lake, tmp_path: Path, tiny_encoder: Path) -> None:
    take_in(lake, "a")
    assert cut(lake, load(tmp_path)) == [("pages/a#0", 12)]
    take_in(lake, "a", "b")
    assert cut(lake, load(tmp_path)) == [("pages/a#0", 12), ("pages/b#0", 12)]
    with pytest.raises(WrongTable) as caught:
        cut(lake, load(tmp_path, "split.max_words=8", "split.max_subwords=64"))
    assert str(caught.value) == (
        f"table passages at {lake.place(passages.TABLE)}: found rows made with split.max_words=256, rows made with "
        f"split.max_subwords=512, wanted split.max_words=8, split.max_subwords=64. {WAY_OUT}"
    )
    with pytest.raises(WrongTable) as caught:
        cut(lake, load(tmp_path, f"train.encoder={{source: folder, name: {tiny_encoder}}}"))
    assert str(caught.value).startswith("table passages: found 18 subwords in passage pages/")
    assert " as the tokenizer of train.encoder counts them. Passages that are there stay, " in str(caught.value)
    assert cut(lake, load(tmp_path)) == [("pages/a#0", 12), ("pages/b#0", 12)]


def test_a_lake_without_passages_takes_any_cuts(lake: Lake, tmp_path: Path) -> None:
    take_in(lake, "a")
    lake.settle(passages.TABLE, {"split.max_words": 7, "split.max_subwords": 512})
    assert cut(lake, load(tmp_path)) == [("pages/a#0", 12)]
    with pytest.raises(WrongTable):
        lake.settle(passages.TABLE, {"split.max_words": 7})


def test_a_changed_text_is_a_reject_and_its_document_stays(lake: Lake, tmp_path: Path) -> None:
    pages = tmp_path / "pages.jsonl"
    record = {"id": "a", "text": TEXT, "language": "en"}
    pages.write_text(json.dumps(record))
    cut(lake, load(tmp_path), "ingest_documents")
    record["text"] = "Another text."
    pages.write_text(json.dumps(record) + "\n" + json.dumps(record | {"id": "b"}))
    for _ in range(2):  # the same again says nothing new
        assert cut(lake, load(tmp_path), "ingest_documents") == [("pages/a#0", 12), ("pages/b#0", 2)]
        rows = lake.spark.read.format("delta").load(f"{lake.location}/rejects").collect()
        assert [(row["line"], row["problem"], row["record"]) for row in rows] == [(1, "changed", "Another text.")]
    texts = {row["document_id"]: row["text"] for row in lake.read(documents.TABLE).collect()}
    assert texts == {"pages/a": TEXT, "pages/b": "Another text."}
