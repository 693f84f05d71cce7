"""What language models write, and what is read from it."""

from typing import Any

import pytest

from finerweb import plugins
from finerweb.errors import Unreadable, excerpt
from finerweb.questions._json import balanced, read_json

READABLE: dict[str, tuple[str, Any]] = {
    "plain": ('{"entities": [{"mention": "Nile", "type": "river"}]}', {"entities": [{"mention": "Nile", "type": "river"}]}),
    "after_prose": ('Sure! Here it is:\n{"score": 3}', {"score": 3}),
    "before_prose": ('{"score": 3}\nI hope that helps [really].', {"score": 3}),
    "fenced": ('Sure:\n```json\n{"score": 3}\n```\nAnything else?', {"score": 3}),
    "fenced_without_name": ("```\n[1, 2]\n```", [1, 2]),
    "fence_never_closed": ('```json\n{"score": 3}', {"score": 3}),
    "two_objects": ('{"score": 3} {"score": 4}', {"score": 3}),
    "tuples_of_the_paper": ("[('Nile', 'river'), ('Cairo', 'city')]", [["Nile", "river"], ["Cairo", "city"]]),
    "quoted_pythons_way": ("{'name': \"it's\", 'known': None, 'sure': True}", {"name": "it's", "known": None, "sure": True}),
    "comma_at_the_end": ('{"score": 3,}', {"score": 3}),
    "cut_in_a_string": ('{"entities": [{"mention": "Nile", "type": "river"}, {"mention": "Cai', {"entities": [{"mention": "Nile", "type": "river"}]}),
    "cut_after_an_element": ('{"entities": [{"mention": "Nile", "type": "river"},', {"entities": [{"mention": "Nile", "type": "river"}]}),
    "cut_in_a_tuple": ("[('Nile', 'river'), ('Cai", [["Nile", "river"]]),
    "brackets_in_a_string": ('{"name": "a ] } [ {"}', {"name": "a ] } [ {"}),
    "escaped_quote": (r'{"name": "the \"Nile\""}', {"name": 'the "Nile"'}),
    "emoji_and_combining": ('{"name": "e\u0301 👩🏽\u200d🚀"}', {"name": "e\u0301 👩🏽\u200d🚀"}),
    "emoji_as_surrogate_pair": (r'{"name": "\ud83d\ude00"}', {"name": "😀"}),
    "empty_list": ("[]", []),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_reads_the_first_value(name: str) -> None:
    answer, wanted = READABLE[name]
    assert read_json(answer) == wanted


UNREADABLE = {
    "empty": ("", "no JSON in the answer: ''"),
    "prose": ("I cannot\nhelp with that. 🙏", "no JSON in the answer: 'I cannot help with that. 🙏'"),
    "bracket_alone": ("[", "not JSON: '['"),
    "nothing_complete": ('{"score": 3, "justi', 'not JSON: \'{"score": 3, "justi\''),
    "calls": ("[__import__('os').getcwd()]", "not JSON: \"[__import__('os').getcwd()]\""),
    "quote_in_a_name": ("[('O'Neill', 'person')]", "not JSON: \"[('O'Neill', 'person')]\""),
    "nul": ("{'a': '\x00'}", "not JSON: \"{'a': '\\x00'}\""),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_says_what_it_found_instead(name: str) -> None:
    answer, wanted = UNREADABLE[name]
    with pytest.raises(Unreadable) as caught:
        read_json(answer)
    assert str(caught.value) == wanted


def test_a_model_that_repeats_a_bracket_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_json("[" * 100_000)


def test_a_model_that_repeats_a_digit_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_json('{"score": ' + "3" * 5000 + "}")


def test_doubled_braces_of_a_template_are_passed_over() -> None:
    assert read_json('{{"entities": []}}') == {"entities": []}


def test_a_set_is_no_json() -> None:
    with pytest.raises(Unreadable):
        raise TypeError(read_json("{'a', 'b'}"))


def test_half_a_surrogate_pair_never_leaves() -> None:
    try:
        name = read_json(r'{"name": "\ud83d"}')["name"]
    except Unreadable:
        return
    name.encode()


def test_a_fence_inside_a_string_is_part_of_the_string() -> None:
    assert read_json('{"justification": "it shows ```code```", "score": 3}')["score"] == 3


def test_a_bracket_in_prose_is_passed_over() -> None:
    assert read_json('The [named] entities: {"entities": []}') == {"entities": []}


BALANCED = {
    '{"a": 1} tail': '{"a": 1}',
    '{"a": [1], "b': '{"a": [1]}',
    "[(1, 2), (3": "[(1, 2)]",
    "[(1, 2), (3, '4')": "[(1, 2), (3, '4')]",
    "{'name': 'dog\\'s ]'} ]": "{'name': 'dog\\'s ]'}",
    "[[[": "",
}


@pytest.mark.parametrize("text", BALANCED)
def test_closes_what_was_left_open(text: str) -> None:
    assert balanced(text) == BALANCED[text]


def test_an_excerpt_is_one_line_of_eighty_characters() -> None:
    assert excerpt(" a\n\tb ") == "'a b'"
    assert excerpt("x" * 80) == repr("x" * 80)
    assert excerpt("x" * 81) == repr("x" * 79 + "…")


# What loops on a bracket, or answers with another kind of value than was asked for, is a row and no crash.
ODD = ["[" * 900 + "]", '{"a":' * 900 + "1" + "}" * 900, '{"faithfulness": 5, "completeness": 4, "missing": 2}']
ODD += ['{"faithfulness": 5, "completeness": 4, "missing": "none"}', '{"faithfulness": true, "completeness": true}']
ODD += ['{"score": true}', '{"entities": {"mention": "x"}}', '{"name": ["x"]}', '{"english": 1}', "[[[1]]]", "{}"]


@pytest.mark.parametrize("question", plugins.names("finerweb.questions"))
@pytest.mark.parametrize("answer", ODD)
def test_no_answer_breaks_a_parser(question: str, answer: str) -> None:
    with pytest.raises(Unreadable):
        plugins.load("finerweb.questions", question).parse(answer)
