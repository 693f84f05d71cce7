"""Where a text repeats itself to its end, and where it only names the same thing often."""

import json
import random
import time

import pytest

from finerweb.text import loops


def items(*mentions: str) -> str:
    """A list of mentions, not closed."""
    return '{"entities": [' + ", ".join(json.dumps({"mention": mention, "type": "river"}) for mention in mentions)


HEAD = ["Lena Berg", "Oslo", "Nile"]

# What loops, and what is kept of it.
LOOPS = {
    "one item": (items(*HEAD, *["Rhine"] * 40), items(*HEAD, "Rhine") + ", "),
    "cut in an item": (items(*HEAD, *["Rhine"] * 40)[:-20], items(*HEAD, "Rhine") + ", "),
    "closed by a bound": (items(*HEAD, *["Rhine"] * 197) + "]}", items(*HEAD, "Rhine") + ", "),
    "closed and fenced": (items(*HEAD, *["Rhine"] * 40) + "]}\n```", items(*HEAD, "Rhine") + ", "),
    "a cycle of three": (items(*HEAD, *["Rhine", "Elbe", "Oder"] * 30), items(*HEAD, "Rhine", "Elbe", "Oder") + ", "),
    "from the start": (items(*["Rhine"] * 50), items("Rhine") + ", "),
    "the whole answer": ('{"entities": [["Nile", "river"]]}\n' * 30, '{"entities": [["Nile", "river"]]}\n'),
    "inside a string": ('{"name": "of ' + "the river " * 50, '{"name": "of the river'),
    "one sign": ('{"name": "N' + "a" * 400, '{"name": "Na'),
    "dots": ("Let me see" + "." * 300, "Let me see."),
    "white space": ('{"entities": [' + "\n" * 500, '{"entities": [\n'),
    "a thought": ("<think>First." + " Wait, let me check the passage again." * 20, "<think>First. Wait, let me check the passage again"),
    "it counts": (items(*HEAD, *[f"Item {number}" for number in range(1, 80)]), items(*HEAD, "Item 1") + ", "),
    "it counts its items": (
        '[' + ", ".join(json.dumps({"id": number, "mention": "Rhine"}) for number in range(7, 60)),
        '[{"id": 7, "mention": "Rhine"}, ',
    ),
    "brackets": ("[" * 1000, "["),
    "an item that grows": (items(*HEAD, *[" ".join(["Rhine"] * number) for number in range(1, 30)]), items(*HEAD, "Rhine") + ", "),
    "a string that grows": ('["Oslo", ' + ", ".join(json.dumps("a" * number) for number in range(1, 20)), '["Oslo", "a"'),
}  # fmt: skip

NO_LOOPS = {
    "empty": "",
    "a list": items(*HEAD),
    "the same thing a few times": items(*HEAD, "Rhine", "Rhine", "Rhine"),
    "a loop that it left": items(*["Rhine"] * 30, *HEAD),
    "many of a kind": items(*[f"{chr(65 + number % 26)}{chr(65 + number // 26)}a" for number in range(200)]),
    "years out of order": items(*[str(1900 + number * 37 % 101) for number in range(60)]),
    "names that begin alike": items(
        "New", "New York", "New York City", "New York City Hall", "New York City Hall Park"
    ),
    "it counts a little": items(*[f"Apollo {number}" for number in range(1, 18)]),
    "indented": json.dumps({"missing": [], "extra": [], "wrong": []}, indent=40),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_kept_up_to_the_end_of_its_first_round(name: str) -> None:
    text, kept = LOOPS[name]
    assert loops.without(text, "Lena Berg went from Oslo to the Nile.") == kept


@pytest.mark.parametrize("name", NO_LOOPS)
def test_what_only_looks_alike_is_no_loop(name: str) -> None:
    assert loops.find(NO_LOOPS[name]) is None
    assert loops.without(NO_LOOPS[name]) == NO_LOOPS[name]


def test_a_list_repeats_what_its_source_does() -> None:
    passage = "Rhine. " * 12 + "And so on."
    assert loops.find(items(*["Rhine"] * 12) + "]}", passage) is None
    assert loops.find(items(*["Rhine"] * 24) + "]}", passage) == loops.Loop(14, 39, 23)
    cycle = ["Rhine", "Elbe"] * 8
    assert loops.find(items(*cycle), "the rhine and the elbe " * 8) is None
    assert loops.find(items(*cycle), "the rhine and the elbe") is not None


def test_a_list_counts_what_its_source_counts() -> None:
    years = [str(year) for year in range(1950, 2020)]
    assert loops.find(items(*years), "In 1950 ... " + ", ".join(years)) is None
    assert loops.find(items(*years), "In 1950 it began.") is not None


def test_what_is_copied_from_the_source_is_no_loop() -> None:
    song = "la la " * 60
    assert loops.find(f'{{"explanation": "It only says {song}', song) is None


def test_no_text_without_a_repetition_is_a_loop() -> None:
    chance = random.Random(5)
    for _ in range(300):
        names = ["".join(chance.choices("abcdefg ", k=chance.randint(1, 9))) for _ in range(chance.randint(1, 60))]
        assert loops.find(items(*names, "the last")) is None


@pytest.mark.parametrize(
    "text", ["ab" * 50_000, '{"a": 1}, ' * 10_000, "x1" * 50_000, "abcdefgh " * 11_000 + "!", "a" * 99_999 + "b"]
)
def test_a_hundred_kilobytes_take_no_time(text: str) -> None:
    began = time.process_time()
    loops.find(text, text[:5000])
    assert time.process_time() - began < 2
