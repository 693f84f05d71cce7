"""JSON as language models write it: what is read, where it stands, and that reading takes no longer than the text."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from model_answers import answers

from finerweb import plugins
from finerweb.errors import Unreadable, excerpt
from finerweb.questions import ner
from finerweb.questions._items import Bad
from finerweb.questions._lenient import Numeral
from finerweb.questions._values import values


def plain(value: Any) -> Any:
    """Numbers as numbers."""
    return json.loads(json.dumps(value, default=lambda number: float(number.text)))


NILE = {"entities": [{"mention": "Nile", "type": "river"}]}

# text -> the values in it
VALUES: dict[str, list[Any]] = {
    '{"entities": [{"mention": "Nile", "type": "river"}]}': [NILE],
    'Sure! Here it is:\n{"score": 3}': [{"score": 3}],
    '{"score": 3}\nI hope that helps [really].': [{"score": 3}],
    '```json\n{"score": 3}': [{"score": 3}],
    '{"score": 3} {"score": 4}': [{"score": 3}, {"score": 4}],
    'The [named] entities [2]: {"entities": []}': [[2], {"entities": []}],
    '{{"entities": []}}': [{"entities": []}],
    "[('Nile', 'river'), ('Cairo', 'city')]": [[["Nile", "river"], ["Cairo", "city"]]],
    "{'name': \"it's\", 'known': None, 'sure': True}": [{"name": "it's", "known": None, "sure": True}],
    '{"score": 3,}': [{"score": 3}],
    '{"score": 3, "why": NaN, "of": -Infinity, "to": undefined}': [{"score": 3, "why": None, "of": None, "to": None}],
    '{"entities": [{"mention": "Nile", "type": "river"}, {"mention": "Cai': [NILE],
    '{"entities": [{"mention": "Nile", "type": "river"},': [NILE],
    '{"entities": [{"mention": "Nile", "type": "river"}': [NILE],
    '{"entities": [{"mention": "Nile", "type": "river"}}': [NILE],
    '{"entities": [{"mention": "Nile", "type": "river"}], "note': [NILE],
    '{"entities": [{"mention": "Nile", "type": "river"}, ...]}': [NILE],
    "[(1, 2), (3": [[[1, 2]]],
    "[(1, 2), (3, '4')": [[[1, 2], [3, "4"]]],
    "[[[": [],
    '{"name": "a ] } [ {"}': [{"name": "a ] } [ {"}],
    r'{"name": "the \"Nile\""}': [{"name": 'the "Nile"'}],
    '{"name": "the "Nile"", "size": 3}': [{"name": 'the "Nile"', "size": 3}],
    '{"name": "He said "no", and left", "size": 3}': [{"name": 'He said "no", and left', "size": 3}],
    "['O'Neill', 'rock 'n' roll']": [["O'Neill", "rock 'n' roll"]],
    "{“name”: “Lena ’Le’ Berg”, „town“: «Oslo»}": [{"name": "Lena ’Le’ Berg", "town": "Oslo"}],
    "{「name」：「東京」，「size」：3}": [{"name": "東京", "size": 3}],
    '{"name": "a" "size": 3}': [{"name": "a", "size": 3}],
    '[{"name": "a"} {"name": "b"}]': [[{"name": "a"}, {"name": "b"}]],
    "{name: 'a', size_of: 3 /* } */, // ]\n# }\n}": [{"name": "a", "size_of": 3}],
    r'{\"name\": \"Nile\", \"size\": 3}': [{"name": "Nile", "size": 3}],
    r"{'name': 'dog\'s', 'path': 'C:\dir', 'u': '\xe9'}": [{"name": "dog's", "path": "C:\\dir", "u": "é"}],
    '{"name": "one\n\ttwo"}': [{"name": "one\n\ttwo"}],
    '{"name": "e\u0301 👩🏽\u200d🚀"}': [{"name": "e\u0301 👩🏽\u200d🚀"}],
    r'{"name": "\ud83d\ude00"}': [{"name": "😀"}],
    r'{"name": "\ud83d"}': [{"name": "\ufffd"}],
    "[]": [[]],
    "print() and ()": [],
    "{'a', 'b'}": [],
    '{"name": Lena O’Neill (writer), "size": 1,000, "share": 50%}': [
        {"name": "Lena O’Neill (writer)", "size": "1,000", "share": "50%"}
    ],
    '{"size": 3, "from": 12:30 // local\n, "at": http://a.no/b}': [{"size": 3, "from": "12:30", "at": "http://a.no/b"}],
    '{"name": , "size": }': [{"name": None, "size": None}],
    '{name": "a", "size" = 3}': [{"name": "a", "size": 3}],
    '{"names": [Nile, Lena Berg, 3rd, 4]}': [{"names": ["Nile", "Lena Berg", "3rd", 4]}],
    '{"items": [{"name": "a", {"name": "b"], {"name": "c"}}, {{"name": "d"}}, "name": "e"}]}': [
        {"items": [{"name": name} for name in "abcde"]}
    ],
    '[{"name": "a}, {"name": "b"}]': [[{"name": "a"}, {"name": "b"}]],
    '{"name": "<a href="x" class="y">", "size": 3}': [{"name": '<a href="x" class="y">', "size": 3}],
    '[{"name": "a"}, in short: {"size": 3': [[{"name": "a"}], {"size": 3}],
    '[{"name": "a"}, wait. Again:\n\n[{"name": "b"}, {"name": "c"}]': [[{"name": "a"}], [{"name": "b"}, {"name": "c"}]],
    '[{"size": 3} ?]': [[{"size": 3}]],
    "": [],
}  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_values_of_a_text(text: str) -> None:
    assert plain([value.data for value in values(text)]) == VALUES[text]


def test_a_value_knows_where_it_stands_and_whether_it_is_whole() -> None:
    text = 'one [1], then {"a": ["b"], and {"c": [2,'
    assert [(text[value.start : value.end], value.is_whole) for value in values(text)] == [
        ("[1]", True),
        ('{"a": ["b"], ', False),
        ('{"c": [2,', False),
    ]


def test_a_number_stays_as_it_is_written() -> None:
    assert [value.data for value in values("[1.50, 1e6]")] == [[Numeral("1.50"), Numeral("1e6")]]


LOOPS = ["[", "{", '{"a":', '["', '{"a":"x', "[1] ", "[a ", '("a", ', "['a ", "[/*", '{"a', '[{"a": [', '{\\"a', '["a#']
LOOPS += ['{"a": x', "{a: b, ", '[{"a" ?}, ', "[?[", '{"a": "c}, {"', '{"a": [?{, ', "[{?", '{"a": [{"b": 1} ?{, ']
LOOPS += ['{"mention": "A", "type": "b"}, ', '" ', "<think>", "```json\n{", '{"entities": [', "}]", "Answer: ", '\\"']


@pytest.mark.parametrize("loop", LOOPS)
def test_a_hundred_kilobytes_take_no_time(loop: str) -> None:
    began = time.process_time()
    for question in ("ner", "judge"):
        try:
            plugins.load("finerweb.questions", question).parse('{"entities": [' + loop * (100_000 // len(loop)))
        except Unreadable:
            continue
    assert time.process_time() - began < 8, "twice; a quadratic reader takes minutes"


def damaged(seed: int) -> Iterator[tuple[str, str]]:
    """Answers of the corpus with pieces cut out, doubled, exchanged, and signs of JSON thrown in."""
    chance = random.Random(seed)
    corpus = [(question, answer) for _, question, answer, _ in answers()]
    for _ in range(400):
        question, answer = chance.choice(corpus)
        for _ in range(chance.randint(1, 4)):
            start, end = sorted(chance.randrange(len(answer) + 1) for _ in range(2))
            end = min(end, start + 40)
            piece = chance.choice(
                ["", answer[start:end] * 2, answer[end : end + 20], chance.choice("[]{}()\",:'\\“<>|\ud83d")]
            )
            answer = answer[:start] + piece + answer[end:]
        yield question, answer


@pytest.mark.parametrize("seed", range(8))
def test_no_answer_breaks_a_parser(seed: int) -> None:
    for question, answer in damaged(seed):
        for parser in (question, "ner"):
            try:
                reading = plugins.load("finerweb.questions", parser).parse(answer)
            except Unreadable:
                continue
            json.dumps(reading, ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("seed", range(4))
def test_salvage_invents_no_item(seed: int) -> None:
    """Of an answer that breaks off, the items are the first ones of the whole, wherever it does."""
    chance = random.Random(seed)
    words = ["Nile", 'the "Rock"', "a, b", "c]", "{d}", "e\u0301", "O'Neill", "東京", "f: g", "\\", "1999"]
    items = [{"mention": chance.choice(words), "type": chance.choice(["river", "x y"])} for _ in range(12)]
    texts = [json.dumps({"entities": items}, ensure_ascii=False, indent=chance.choice([None, 2]))]
    texts += [repr([(item["mention"], item["type"]) for item in items])]
    wanted = [(item["mention"], item["type"]) for item in items]
    for text in texts:
        for end in range(len(text)):
            try:
                entries = ner.items(text[:end])
            except Unreadable:
                continue
            assert not any(isinstance(entry, Bad) for entry in entries), text[:end]
            assert entries == wanted[: len(entries)], text[:end]


def test_every_trial_is_read(shared: Path) -> None:
    cases = json.loads((shared / "trials" / "cases.json").read_text(encoding="utf-8"))
    trials = [case for case in cases if case["do"] == "parse"]
    assert len(trials) >= 12
    for case in trials:
        reading = plugins.load("finerweb.questions", case["question"]).parse(case["answer"])
        assert json.loads(json.dumps(reading)) == case["expected"], case["name"]


def test_an_error_says_what_was_wanted_and_what_was_found() -> None:
    with pytest.raises(Unreadable) as error:
        ner.parse("I cannot\nhelp with that. 🙏")
    assert str(error.value) == "no list of entities in the answer: 'I cannot help with that. 🙏'"


def test_an_excerpt_is_one_line_of_eighty_characters() -> None:
    assert excerpt(" a\n\tb ") == "'a b'"
    assert excerpt("x" * 80) == repr("x" * 80)
    assert excerpt("x" * 81) == repr("x" * 79 + "…")
