"""Spans to tokens and back: GLiNER's records and BIO lines."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from finerweb import settings
from finerweb.errors import BadLine
from finerweb.formats import bio, marked, tagging
from finerweb.formats.tagging import Sentence, Unaligned
from finerweb.text.spans import Entity

ROOT = Path(__file__).parents[2]
LOCALES = {code: language.locale for code, language in settings.load_languages().items()} | {"nno": "nn", "nob": "nb"}

# name: (locale, text, spans, tokens), all of which both formats hold
WHOLE = {
    "a name at the very start and one at the very end": (
        "en", "Cairo, then Giza", [(0, 5, "city"), (12, 16, "city")], ["Cairo", ",", "then", "Giza"],
    ),
    "the whole text": ("en", "Red Sea", [(0, 7, "sea")], ["Red", "Sea"]),
    "touching spans": ("en", "USA/UK", [(0, 4, "x"), (4, 6, "x")], ["USA", "/", "UK"]),
    "touching words of one label": ("ja", "東京大阪", [(0, 2, "city"), (2, 4, "city")], ["東京", "大阪"]),
    "an edge inside a word": ("en", "Finland12 won", [(0, 7, "land")], ["Finland", "12", "won"]),
    "a label with spaces and one with signs": (
        "en", "Ajax met B-x", [(0, 4, "football club"), (9, 12, "B-side / I-O\u00a0#")], ["Ajax", "met", "B", "-", "x"],
    ),
    "an emoji of several code points": (
        "en", "👩🏽\u200d🚀 saw 🇪🇬 Cairo", [(0, 4, "person"), (9, 11, "flag"), (12, 17, "city")], ["👩🏽\u200d🚀", "saw", "🇪🇬", "Cairo"],
    ),
    "combining marks, and one on a space": (
        "en", "Ame\u0301lie \u0301x", [(0, 7, "person")], ["Ame\u0301lie", "\u0301", "x"],
    ),
    "Thai has no spaces": ("th", "เขาอยู่กรุงเทพวันนี้", [(7, 14, "city")], ["เขา", "อยู่", "กรุงเทพ", "วัน", "นี้"]),
    "Chinese, cut where the dictionary has one word": (
        "zh", "他去天安门。", [(2, 4, "name")], ["他", "去", "天安", "门", "。"],
    ),
    "Khmer": ("km", "ភ្នំពេញជារាជធានី", [(0, 7, "city")], ["ភ្នំពេញ", "ជា", "រាជធានី"]),
    "line ends, tabs and other white space": (
        "en", "\tOn\r\n\u2028Nile\x85\u3000# a\n\n", [(6, 10, "river")], ["On", "Nile", "#", "a"],
    ),
    "quotes, a backslash and what looks like our own lines": (
        "en", '# text = "a\\n"', [(0, 1, "sign")], ["#", "text", "=", '"', "a", "\\", "n", '"'],
    ),
    "no text": ("en", "", [], []),
    "white space alone": ("en", " \n", [], []),
    "no spans": ("en", "Nothing here.", [], ["Nothing", "here", "."]),
}  # fmt: skip


def through(kind: str, sentence: Sentence, locale: str) -> Sentence:
    """Written to a file and read back."""
    if kind == "bio":
        (read,) = bio.read(bio.write(sentence, locale))
        return read
    return tagging.from_gliner(json.loads(tagging.json_line(tagging.to_gliner(sentence, locale))))


@pytest.mark.parametrize("kind", tagging.FORMATS)
@pytest.mark.parametrize("name", WHOLE)
def test_what_a_format_holds_comes_back(name: str, kind: str) -> None:
    locale, text, spans, words = WHOLE[name]
    entities = [Entity(*span) for span in spans]
    assert tagging.fit(text, entities, kind) == (entities, [])
    sentence = Sentence('d"#0\n-s0\u2028é', text, entities)
    assert tagging.to_gliner(sentence, locale)["tokenized_text"] == words
    assert through(kind, sentence, locale) == sentence


def test_a_record_is_as_gliner_trains_on_it() -> None:
    sentence = Sentence(
        "d#0-s0", "New York City, NY", [Entity(0, 8, "state"), Entity(0, 13, "city"), Entity(15, 17, "state")]
    )
    assert tagging.to_gliner(sentence, "en") == {
        "id": "d#0-s0",
        "text": "New York City, NY",
        "tokenized_text": ["New", "York", "City", ",", "NY"],
        "ner": [[0, 1, "state"], [0, 2, "city"], [4, 4, "state"]],
    }  # fmt: skip


def test_bio_begins_a_span_anew_where_two_touch() -> None:
    sentence = Sentence("d#0-s0", "Red Sea Red Sea\tport", [Entity(0, 7, "sea"), Entity(8, 15, "sea")])
    assert bio.write(sentence, "en") == (
        '# sent_id = "d#0-s0"\n# text = "Red Sea Red Sea\\tport"\n'
        "Red\tB-sea\nSea\tI-sea\nRed\tB-sea\nSea\tI-sea\nport\tO\n\n"
    )  # fmt: skip


# name: (text, spans, {format: what it leaves out})
LEFT = {
    "nested": ("New York City", [(0, 8, "a"), (0, 13, "b")], {"bio": [(0, 8, "a", "nested")]}),
    "overlapping": (
        "one two three four",
        [(0, 7, "a"), (4, 18, "b"), (8, 13, "c")],
        {"bio": [(0, 7, "a", "overlapping"), (8, 13, "c", "nested")]},
    ),
    "of spans that are equally long the first": (
        "one two six", [(4, 11, "b"), (0, 7, "a")], {"bio": [(4, 11, "b", "overlapping")]},
    ),
    "the second label of a span": ("Ajax", [(0, 4, "b"), (0, 4, "a")], {"bio": [(0, 4, "a", "same_place")]}),
    "what only another span, itself left out, would cover": ("a b c d", [(0, 5, "x"), (2, 7, "y"), (6, 7, "z")], {"bio": [(2, 7, "y", "overlapping")]}),
    "white space at an edge": (
        "In Cairo now", [(2, 8, "city")], {kind: [(2, 8, "city", "space_at_edge")] for kind in tagging.FORMATS},
    ),
    "white space alone": ("a\u3000b", [(1, 2, "x")], {kind: [(1, 2, "x", "no_token")] for kind in tagging.FORMATS}),
    "a label that is no line": (
        "A b c", [(0, 1, ""), (2, 3, "x\ty"), (4, 5, "x\u2028")],
        {"bio": [(0, 1, "", "bad_label"), (2, 3, "x\ty", "bad_label"), (4, 5, "x\u2028", "bad_label")]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", tagging.FORMATS)
@pytest.mark.parametrize("name", LEFT)
def test_what_a_format_does_not_hold_is_said(name: str, kind: str) -> None:
    text, spans, wanted = LEFT[name]
    held, left = tagging.fit(text, [Entity(*span) for span in spans], kind)
    assert [(*entity, problem) for entity, problem in left] == wanted.get(kind, [])
    assert sorted([*held, *(entity for entity, _ in left)]) == sorted(Entity(*span) for span in spans)
    assert through(kind, Sentence("1", text, held), "en").entities == held


def test_the_same_span_twice_is_one() -> None:
    assert tagging.fit("Ajax", [Entity(0, 4, "club")] * 2, "bio") == ([Entity(0, 4, "club")], [])


TWO = '# sent_id = "1"\n# text = "A b"\n'
BROKEN = [
    ("Ajax O\n\n", 'line 1: found \'Ajax O\', wanted token, tab and tag, # sent_id = "…" or # text = "…"'),
    ('# text = "A\n\n', 'line 1: found \'# text = "A\', wanted token, tab and tag, # sent_id = "…" or # text = "…"'),
    ('# text = "\\"\n\n', 'line 1: found "\\", wanted a JSON string'),
    ('# text = "A"\nA\tO\n\n', "line 3: the sentence above has no # sent_id ="),
    ("A\tO\n\n", "line 2: the sentence above has no # sent_id ="),
    (f"{TWO}A\tO\nc\tO\n\n", "line 5: the sentence above: token 1: found 'b' in the text, wanted 'c'"),
    (f"{TWO}A\tO\n\n", "line 4: the sentence above: after the last token: found ' b' in the text, wanted nothing more"),
    (f"{TWO}A\tB-x\nb\tI-y\n\n", "line 4: found I-y after B-x, wanted O, B-label or I- with the label before it"),
    (f"{TWO}A\tO\nb\tI-\n\n", "line 4: found I- after O, wanted O, B-label or I- with the label before it"),
    (f"{TWO}", "line 3: found the end of the file, wanted an empty line behind the last sentence"),
    (f"{TWO}A", "line 3: found the end of the file, wanted an empty line behind the last sentence"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_a_broken_file_says_where(content: str, message: str) -> None:
    with pytest.raises(BadLine) as raised:
        list(bio.read(content))
    assert str(raised.value) == message


def sample() -> Iterator[tuple[str, Sentence]]:
    for file in sorted((ROOT / "sample").glob("*.txt")):
        for document in marked.documents(file.read_text(encoding="utf-8")):
            yield file.stem, Sentence(document.name, document.text, document.entities)


def by_people(shared: Path) -> Iterator[tuple[str, Sentence]]:
    for file in sorted((shared / "data" / "ner" / "dev").glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                entities = [Entity(span["start"], span["end"], span["label"]) for span in record["entities"]]
                yield record["language"], Sentence(record["id"], record["text"], entities)


def check(language: str, sentence: Sentence) -> int:
    """Every span comes back or is reported, in both formats; how many BIO leaves out."""
    for kind in tagging.FORMATS:
        held, left = tagging.fit(sentence.text, sentence.entities, kind)
        assert sorted([*held, *(unfit.entity for unfit in left)]) == sorted(set(sentence.entities)), (
            language,
            sentence.id,
        )
        kept = sentence._replace(entities=held)
        assert through(kind, kept, LOCALES[language]) == kept, (language, sentence.id, kind)
    return len(left)


def test_the_sample_comes_back_whole() -> None:
    sentences = list(sample())
    assert len({language for language, _ in sentences}) == 18
    assert [check(language, sentence) for language, sentence in sentences] == [0] * len(sentences)


def test_what_people_annotated_comes_back(shared: Path) -> None:
    left: dict[str, int] = {}
    for language, sentence in by_people(shared):
        left[language] = left.get(language, 0) + check(language, sentence)
    assert len(left) > 20
    # Thai NNER and Wojood nest their entities.
    assert {language for language, count in left.items() if count} >= {"tha", "arb"}


def test_a_span_without_a_token_is_no_error_of_its_neighbours() -> None:
    entities = [Entity(0, 1, "a"), Entity(1, 2, "b"), Entity(2, 3, "c")]
    held, left = tagging.fit("x y", entities, "bio")
    assert (held, left) == ([entities[0], entities[2]], [Unaligned(entities[1], "no_token")])
