"""Answers in the shapes in which public models give them, each with what is right; and what is no answer."""

import json
from typing import Any

import pytest
from model_answers import CONTENTS, answers

from finerweb import plugins
from finerweb.errors import Unreadable
from finerweb.questions import ner
from finerweb.questions._items import Bad

ANSWERS = list(answers())


def parse(question: str, answer: str) -> Any:
    """What is read, as plain lists."""
    return json.loads(json.dumps(plugins.load("finerweb.questions", question).parse(answer)))


def test_there_are_more_than_three_hundred() -> None:
    assert len({(question, answer) for _, question, answer, _ in ANSWERS}) > 600


@pytest.mark.parametrize("question", CONTENTS)
def test_every_shape_is_read(question: str) -> None:
    wrong = {}
    for shape, subject, answer, wanted in ANSWERS:
        if subject == question:
            try:
                reading = parse(question, answer)
            except Unreadable as error:
                reading = str(error)
            if reading != wanted:
                wrong[shape] = (answer, reading)
    assert wrong == {}


BERG, OSLO = ["Lena Berg", "person"], ["Oslo", "city"]
BOTH = [BERG, OSLO]

# The mentions in other shapes than the one that is asked for.
LISTS: dict[str, tuple[str, list[list[str]]]] = {
    "a bare list": ('[{"mention": "Lena Berg", "type": "person"}, {"mention": "Oslo", "type": "city"}]', BOTH),
    "pairs": ('[["Lena Berg", "person"], ["Oslo", "city"]]', BOTH),
    "pairs in the object": ('{"entities": [["Lena Berg", "person"], ["Oslo", "city"]]}', BOTH),
    "tuples of the paper": ("[('Lena Berg', 'person'), ('Oslo', 'city')]", BOTH),
    "a tuple of tuples": ("(('Lena Berg', 'person'), ('Oslo', 'city'))", BOTH),
    "tuples without a list": ("('Lena Berg', 'person'),\n('Oslo', 'city')", BOTH),
    "an object a line": (
        '{"mention": "Lena Berg", "type": "person"}\n{"mention": "Oslo", "type": "city"}',
        BOTH,
    ),
    "an object a line, fenced": (
        'Here:\n```jsonl\n{"mention": "Lena Berg", "type": "person"}\n{"mention": "Oslo", "type": "city"}\n```\nDone [2].',
        BOTH,
    ),
    "objects with commas": ('{"mention": "Lena Berg", "type": "person"},\n{"mention": "Oslo", "type": "city"}', BOTH),
    "a numbered list": (
        '1. {"mention": "Lena Berg", "type": "person"}\n2. {"mention": "Oslo", "type": "city"}',
        BOTH,
    ),
    "bullets with prose": (
        '- {"mention": "Lena Berg", "type": "person"}: the writer.\n- {"mention": "Oslo", "type": "city"}: where she is.',
        BOTH,
    ),
    "a pair a line": ('["Lena Berg", "person"]\n["Oslo", "city"]', BOTH),
    "one object": ('{"mention": "Oslo", "type": "city"}', [OSLO]),
    "by type": ('{"person": ["Lena Berg"], "city": ["Oslo"]}', BOTH),
    "by type in the object": ('{"entities": {"person": ["Lena Berg"], "city": ["Oslo"], "river": []}}', BOTH),
    "by type, with objects": ('{"person": [{"mention": "Lena Berg"}], "city": [{"name": "Oslo", "start": 3}]}', BOTH),
    "groups of a type": (
        '{"entities": [{"type": "person", "mentions": ["Lena Berg"]}, {"type": "city", "mentions": ["Oslo"]}]}',
        BOTH,
    ),
    "a list a sentence": ('[[{"mention": "Lena Berg", "type": "person"}], [{"mention": "Oslo", "type": "city"}]]', BOTH),
    "an object a sentence": (
        '[{"entities": [{"mention": "Lena Berg", "type": "person"}]}, {"entities": [["Oslo", "city"]]}]',
        BOTH,
    ),
    "text and label": ('[{"text": "Lena Berg", "label": "person"}, {"text": "Oslo", "label": "city"}]', BOTH),
    "entity and label": ('{"entities": [{"entity": "Lena Berg", "label": "person"}]}', [BERG]),
    "entity and type": ('{"entities": [{"entity": "Lena Berg", "type": "person"}]}', [BERG]),
    "name and category": ('{"Entities": [{"Name": "Lena Berg", "Category": "person"}]}', [BERG]),
    "span and class": ('{"named_entities": [{"span": "Lena Berg", "class": "person"}]}', [BERG]),
    "entity type in words": ('{"mentions": [{"Mention Text": "Lena Berg", "Entity Type": "person"}]}', [BERG]),
    "of transformers": ('[{"entity_group": "person", "score": 0.99, "word": "Lena Berg", "start": 0}]', [BERG]),
    "of transformers, a word each": ('[{"entity": "person", "score": 0.99, "word": "Berg"}]', [["Berg", "person"]]),
    "text beside the entity": ('[{"text": "Lena Berg", "entity": "person"}]', [BERG]),
    "a sentence beside the mention": (
        '[{"mention": "Lena Berg", "text": "Lena Berg lives.", "type": "person", "category": "PER"}]',
        [BERG],
    ),
    "by mention": ('{"entities": {"Lena Berg": {"type": "person"}, "Oslo": {"type": "city", "sure": true}}}', BOTH),
    "by mention, as strings": ('{"entities": {"Lena Berg": "person", "Oslo": "city"}}', BOTH),
    "by mention, as strings, bare": ('{"Lena Berg": "person", "Oslo": "city"}', BOTH),
    "by mention, one alone, bare": ('{"Lena Berg": "person"}', [BERG]),
    "by mention, one a line": ('{"Lena Berg": "person"}\n{"Østre Dal": "valley"}', [BERG, ["Østre Dal", "valley"]]),
    "by mention, one an object": ('{"entities": [{"Lena Berg": "person"}, {"Oslo": "city"}]}', BOTH),
    "by mention, one an object, bare": ('[{"Lena Berg": "person"}, {"Oslo": "city"}]', BOTH),
    "by mention, fenced": ('Here:\n```json\n{\n  "Lena Berg": "person",\n  "Oslo": "city"\n}\n```\nDone.', BOTH),
    "by mention, after a thought": ('<think>{"Paris": "city", "Rome": "city"}?</think>{"Lena Berg": "person", "Oslo": "city"}', BOTH),
    "by mention, in a wrapper": ('{"answer": {"Lena Berg": "person", "Oslo": "city"}}', BOTH),
    "by mention, cut": ('{"entities": {"Lena Berg": "person", "Oslo": "ci', [BERG]),
    "by mention, with tags": ('{"entities": {"Lena Berg": "PERSON", "Oslo": "Loc"}}', [["Lena Berg", "PERSON"], ["Oslo", "Loc"]]),
    "by mention, in other scripts": ('{"entities": {"ओस्लो": "city", "२०१९": "year"}}', [["ओस्लो", "city"], ["२०१९", "year"]]),
    "by mention, lower case": ('{"entities": {"radium": "element", "penicillin": "drug"}}', [["radium", "element"], ["penicillin", "drug"]]),
    "by mention, types of no class": ('{"entities": {"Oslo": "city", "Higgs boson": "particle"}}', [OSLO, ["Higgs boson", "particle"]]),
    "by mention, a type word among them": ('{"entities": {"Lena Berg": "person", "Oslo": "city", "Queen": "band"}}', [*BOTH, ["Queen", "band"]]),
    "by mention, a word of answers among them": ('{"entities": {"Microsoft Word": "software", "Oslo": "city"}}', [["Microsoft Word", "software"], OSLO]),
    "by mention, one of no type": ('{"entities": {"Lena Berg": "person", "Bergen": null, "Oslo": "city"}}', BOTH),
    "a list of one type": ('{"entities": [{"mention": "Lena Berg", "types": ["person"]}, {"name": "Oslo", "labels": ["city"]}]}', BOTH),
    "full-width signs": ('｛"entities"：［｛"mention"：“Oslo”，"type"：“city”｝］｝', [OSLO]),
    "full-width signs in a mention": ('{"entities": [{"mention": "［Oslo］", "type": "city"}]}', [["［Oslo］", "city"]]),
    "a thought without its marks": ('thought\nI might say {"entities": [["Rome", "city"]]}.\n\n{"entities": [["Oslo", "city"]]}', [OSLO]),
    "by number": ('{"entities": {"1": {"mention": "Lena Berg", "type": "person"}, "2": {"mention": "Oslo", "type": "city"}}}', BOTH),
    "parts of a message": (
        '[{"type": "reasoning", "text": "Is it [[1]]?"}, {"type": "text", "text": "{\'entities\': [[\'Oslo\', \'city\']]}"}]',
        [OSLO],
    ),
    "another name for the list": ('{"language": "nob", "navn": [["Lena Berg", "person"], ["Oslo", "city"]]}', BOTH),
    "an answer a line": ('{"entities": [["Lena Berg", "person"]]}\n{"entities": [["Oslo", "city"]]}', BOTH),
    "a better answer in the next line": ('{"entities": [["Oslo", "city"]]}\n{"entities": [["Lena Berg", "person"], ["Oslo", "city"]]}', BOTH),
    "nothing in the next line": ('{"entities": [["Oslo", "city"]]}\n{"entities": []}', []),
    "another type in the next line": ('{"entities": [["Oslo", "place"]]}\n{"entities": [["Oslo", "city"]]}', [OSLO]),
    "an item that was left out": (
        '{"entities": [["Oslo", "city"]]}\n\nNot taken: {"mention": "Tuesday", "type": "day"}.',
        [OSLO],
    ),
    "line breaks as letters": ('{\\n  \\"entities\\": [{\\"mention\\": \\"Oslo\\",\\n \\"type\\": \\"city\\"}]\\n}', [OSLO]),
    "HTML": ("{&quot;entities&quot;: [{&quot;mention&quot;: &quot;Oslo&quot;, &quot;type&quot;: &quot;city&quot;}]}", [OSLO]),
    "a quotation": ('> {\n>   "entities": [\n>     {"mention": "Oslo", "type": "city"}\n>   ]\n> }', [OSLO]),
    "as the schema says": ('Here is the JSON that follows the schema and your template:\n[["Oslo", "city"]]', [OSLO]),
    "of an example": ('The names in the example passage are: {"entities": [["Oslo", "city"]]}', [OSLO]),
    "after a draft": ('After the first draft, the final answer is: {"entities": [["Oslo", "city"]]}', [OSLO]),
    "none after a draft": ('If I look again, none. Final answer after my draft: {"entities": []}', []),
    "results": ('{"results": [{"mention": "Lena Berg", "type": "person"}]}', [BERG]),
    "a string": (
        '{"entities": "[{\\"mention\\": \\"Lena Berg\\", \\"type\\": \\"person\\"}]"}',
        [BERG],
    ),
    "the passage repeated": (
        '{"input": "Lena Berg in Oslo [1].", "entities": [{"mention": "Lena Berg", "type": "person"}]}',
        [BERG],
    ),
    "nothing": ('{"entities": []}', []),
    "nothing, bare": ("[]", []),
    "nothing, with a reason": ('{"entities": []}\n\nThere are no names in it, only [menu] items.', []),
    "nothing, after a thought": ('<think>Is there {"entities": [["Oslo", "city"]]}? No.</think>\n\n{"entities": []}', []),
    "nothing in the end": ('First {"entities": [["Oslo", "city"]]}; but Oslo is not in it: {"entities": []}', []),
    "nothing, wrapped": ('{"result": []}', []),
    "nothing of each type": ('{"entities": {"person": [], "city": []}}', []),
    "nothing, by a tool": ('<tool_call>{"name": "list_entities", "arguments": {"entities": []}}</tool_call>', []),
    "a list of notes after": ('{"entities": [["Oslo", "city"]]}\n\nUnclear: []', [OSLO]),
    "cut in a mention": ('{"entities": [{"mention": "Lena Berg", "type": "person"}, {"mention": "Os', [BERG]),
    "cut after a comma": ('{"entities": [{"mention": "Lena Berg", "type": "person"},', [BERG]),
    "cut in a list in a list": ('[{"entities": [{"mention": "Lena Berg", "type": "person"}, {"ment', [BERG]),
    "cut in a tuple": ("[('Lena Berg', 'person'), ('Os", [BERG]),
    "cut in a line": ('{"mention": "Lena Berg", "type": "person"}\n{"mention": "Os', [BERG]),
    "cut in a second answer": (
        '{"entities": [["Lena Berg", "person"], ["Oslo", "city"]]}\n{"entities": [["Lena Berg", "person"], ["Os',
        BOTH,
    ),
    "the wrong bracket": ('{"entities": [{"mention": "Lena Berg", "type": "person"}}', [BERG]),
    "ends in prose": ('{"entities": [{"mention": "Lena Berg", "type": "person"}, I am not sure about Oslo.', [BERG]),
    "a nickname": ('{"entities": [{"mention": "Lena "the Rock" Berg", "type": "person"}]}', [['Lena "the Rock" Berg', "person"]]),
    "an apostrophe": ("[('O'Neill', 'person'), ('Oslo', 'city')]", [["O'Neill", "person"], OSLO]),
    "a mark of thought in a mention": ('{"entities": [["</think>", "tag"], ["Oslo", "city"]]}', [["</think>", "tag"], OSLO]),
    "an answer before a thought": ('{"entities": [["Oslo", "city"]]}\n<think>Was that all? {"entities": []}', [OSLO]),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_mentions_are_read_in_any_shape(name: str) -> None:
    answer, wanted = LISTS[name]
    assert parse("ner", answer) == wanted


# One item that is none among others: the others are kept.
BAD_ITEMS: dict[str, tuple[str, str]] = {
    "no type": ('{"mention": "Bergen"}', '{"mention": "Bergen"}'),
    "type is null": ('{"mention": "Bergen", "type": null}', '{"mention": "Bergen", "type": null}'),
    "type is a number": ('{"mention": "Bergen", "type": 5}', '{"mention": "Bergen", "type": "5"}'),
    "several types": ('{"mention": "Bergen", "types": ["city", "port"]}', '{"mention": "Bergen", "types": ["city", "port"]}'),
    "types": ('{"mention": "Bergen", "type": ["city", "port"]}', '{"mention": "Bergen", "type": ["city", "port"]}'),
    "mention is true": ('{"mention": true, "type": "city"}', '{"mention": true, "type": "city"}'),
    "a string": ('"Bergen"', '"Bergen"'),
    "a number": ("3.50", '"3.50"'),
    "null": ("null", "null"),
    "a triple": ('["Bergen", "city", "port"]', '["Bergen", "city", "port"]'),
    "nothing": ("{}", "{}"),
    "which is which": ('{"name": "Bergen", "text": "Berg", "type": "city"}', '{"name": "Bergen", "text": "Berg", "type": "city"}'),
}  # fmt: skip


# One of whose words or signs some are missing or too many: it is an item, or a bad one.
BROKEN_ITEMS: dict[str, list[str]] = {
    '{"mention": 50%, "type": "share"}': ["50%", "share"],
    '{"mention": $5, "type": "price"}': ["$5", "price"],
    '{"mention": 1.000.000, "type": "number"}': ["1.000.000", "number"],
    '{"mention": 1,000, "type": "number"}': ["1,000", "number"],
    '{"mention": 1 000, "type": "number"}': ["1 000", "number"],
    '{"mention": 12:30, "type": "time"}': ["12:30", "time"],
    '{"mention": 2019-05-01, "type": "date"}': ["2019-05-01", "date"],
    '{"mention": 3rd, "type": "rank"}': ["3rd", "rank"],
    '{"mention": 0x1F, "type": "number"}': ["0x1F", "number"],
    '{"mention": Bergen, "type": "city"}': ["Bergen", "city"],
    '{"mention": Bergen", "type": "city"}': ["Bergen", "city"],
    '{"mention": "Bergen", "type": city}': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city}': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city", "sure": 95%}': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city", "start": 3-9}': ["Bergen", "city"],
    '{mention": "Bergen", "type": "city"}': ["Bergen", "city"],
    '{"mention" = "Bergen", "type" = "city"}': ["Bergen", "city"],
    '{{"mention": "Bergen", "type": "city"}}': ["Bergen", "city"],
    '"mention": "Bergen", "type": "city"}': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city"': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city"]': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city"}}': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city"} (in Norway)': ["Bergen", "city"],
    '{"mention": "Bergen", "type": "city"} - a port': ["Bergen", "city"],
    '{"mention": "Bergen", "type": }': ['{"mention": "Bergen", "type": null}'],
    '{"mention": , "type": "city"}': ['{"mention": null, "type": "city"}'],
    '{"mention": "Bergen", "type": "city" (a port)}': ['"{\\"mention\\": \\"Bergen\\", \\"type\\": \\"city\\" (a port)}"'],
    '["Bergen", city]': ['"[\\"Bergen\\", city]"'],
    '{"Bergen", "city"}': ['"{\\"Bergen\\", \\"city\\"}"'],
    "{Bergen}": ['"{Bergen}"'],
    "<Bergen>": ['"<Bergen>"'],
    "Bergen": ['"Bergen"'],
    "etc.": ['"etc."'],
}  # fmt: skip


@pytest.mark.parametrize("separator", [", ", ",\n    "])
@pytest.mark.parametrize("item", BROKEN_ITEMS)
def test_one_broken_item_discards_no_other(item: str, separator: str) -> None:
    items = ['{"mention": "Lena Berg", "type": "person"}', item, '{"mention": "Oslo", "type": "city"}']
    read = [BERG, BROKEN_ITEMS[item], OSLO]
    for order in ([0, 1, 2], [1, 0, 2]):
        entries = ner.items(f'{{"entities": [{separator.join(items[place] for place in order)}]}}')
        assert [list(entry) for entry in entries] == [read[place] for place in order]


@pytest.mark.parametrize("name", BAD_ITEMS)
def test_one_bad_item_discards_no_other(name: str) -> None:
    item, kept = BAD_ITEMS[name]
    answer = f'{{"entities": [{{"mention": "Lena Berg", "type": "person"}}, {item}, ["Oslo", "city"]]}}'
    assert parse("ner", answer) == BOTH
    assert [entry.text for entry in ner.items(answer) if isinstance(entry, Bad)] == [kept]


# What follows a whole answer, and only mentions another one: EMPTY, or DRAFT.
MENTIONED = [
    "\n\nNote: for passages without names the output is EMPTY.",
    "\n(An empty answer would be EMPTY)",
    "\n\nFor a passage with no names, the correct output is EMPTY.",
    "\n\nHad there been no names, the answer would have been EMPTY.",
    "\n\nHowever, for passages without names, the answer would be EMPTY.",
    "\n\nIn the absence of entities: EMPTY",
    "\n\nWhen nothing is named, return EMPTY.",
    "\n\nThe empty list has this form:\n```json\nEMPTY\n```",
    "\n\nReturning EMPTY would be wrong here.",
    "\n\nI did not return EMPTY because the passage has names.",
    "\n\nNote that the schema allows EMPTY.",
    "\n\nSans entités, ce serait EMPTY.",
    "\n\nOhne Namen wäre es EMPTY.",
    "\n\n没有实体时返回 EMPTY。",
    "\n\nExample of the format: DRAFT",
    "\n\nExample of another passage:\n```json\nDRAFT\n```",
    '\n\nFor comparison, the passage "Rome is old" would give DRAFT.',
    "\n\nZum Vergleich: DRAFT",
]


@pytest.mark.parametrize("text", MENTIONED)
def test_an_answer_that_is_only_mentioned_replaces_none(text: str) -> None:
    content = CONTENTS["ner"]
    assert parse("ner", content.put(f"ANSWER{text}")) == content.wanted


# What stands between an answer and a better one.
CORRECTIONS = [
    ("\n", "EMPTY"),
    ("\n```\n```json\n", "EMPTY"),
    ("\n\nWait, none of these is in the passage.\n", "EMPTY"),
    ("\n\nI was wrong: these are not names. The list is empty.\n\n", "EMPTY"),
    ("\n\nThese are common nouns. Final answer: ", "EMPTY"),
    ("\n\nCorrection: ", "ANSWER"),
    ("\n\nThis was too short. Here is the list:\n", "ANSWER"),
    ("\n\nNot the example, but the final answer: ", "ANSWER"),
]


@pytest.mark.parametrize(("words", "answer"), CORRECTIONS)
def test_an_answer_that_is_corrected_is_replaced(words: str, answer: str) -> None:
    content = CONTENTS["ner"]
    assert parse("ner", content.put(f"DRAFT{words}{answer}")) == (content.wanted if answer == "ANSWER" else [])


# How an answer goes on past its end: with a mark, or with another passage in words; DRAFT is the answer to that.
GOES_ON = [
    *(
        f"{end}Rome is old. DRAFT"
        for end in ("<|eot_id|>", "<end_of_turn>\n", "<｜end▁of▁sentence｜>", "\n<|endoftext|>")
    ),
    *(f"{end}Rome is old. DRAFT" for end in ("<|end_of_text|>", "</s><s>", "<eos><bos>", "<|im_end|>", "<turn|>\n")),
    *(
        f"{end}DRAFT"
        for end in ("<|return|>", "<|END_OF_TURN_TOKEN|>", "[|endofturn|]", "<|eot_id|>\nOkay.\n</think>\n")
    ),
    "<|im_end|>EMPTY",
    "\n\nLanguage: English\nPassage:\nRome is old.\nDRAFT",
    "\n\nPassage: Rome is old.\nAnswer:\nDRAFT",
    "\n\n**Passage:** Rome is old.\nDRAFT",
    "\n\nInput: Rome is old.\nOutput: DRAFT",
    "\n\n### Input:\nRome is old.\n\n### Response:\nDRAFT",
    "\n\nQ: Rome is old.\nA: DRAFT",
    "\n\nExample 2:\nRome is old.\nDRAFT",
]
# The same before the answer, in a thought, or in a mention.
BEFORE = [
    "<|im_start|>assistant\nANSWER<|im_end|>",
    "<|eot_id|>ANSWER<|eot_id|>DRAFT",
    "Language: English\nPassage:\nLena Berg.\nANSWER",
    "Input: Lena Berg.\nOutput: ANSWER\nInput: Rome is old.\nOutput: DRAFT",
    "<think>\nPerhaps DRAFT?\nPassage: it says more.\n</think>\nANSWER",
    "Perhaps DRAFT?\nPassage: it says more.\n</think>\nANSWER",
]


@pytest.mark.parametrize("text", [*(f"ANSWER{text}" for text in GOES_ON), *BEFORE])
@pytest.mark.parametrize("question", CONTENTS)
def test_an_answer_to_another_passage_is_none(question: str, text: str) -> None:
    assert parse(question, CONTENTS[question].put(text)) == CONTENTS[question].wanted


@pytest.mark.parametrize("question", CONTENTS)
def test_a_prompt_is_not_answered_by_its_answer(question: str) -> None:
    payload = {"language": "French", "text": "Rome is old.", "label": "bath", "entities": "- Rome: city"}
    prompt = plugins.load("finerweb.questions", question).prompt(payload)
    content = CONTENTS[question]
    assert parse(question, content.put(f"ANSWER\n\n{prompt}\nDRAFT")) == content.wanted


def test_a_mark_of_an_end_in_a_mention_ends_nothing() -> None:
    answer = 'Here: {"entities": [["</s>", "tag"], ["Oslo", "city"]]}, as asked.'
    assert parse("ner", answer) == [["</s>", "tag"], OSLO]


def test_a_number_is_a_mention_as_it_is_written() -> None:
    answer = '[{"mention": 1999, "type": "year"}, {"mention": 3.50, "type": "price"}, [1e6, "number"]]'
    assert parse("ner", answer) == [["1999", "year"], ["3.50", "price"], ["1e6", "number"]]


NUMBERS = {"3": 3, "3.0": 3, '"3"': 3, '" 3 "': 3, "3.": 3, '"3.00"': 3}
NO_NUMBERS = ["3.5", "true", "null", '"three"', "0", "5", '"3 or 4"', "[3]", "-3", "NaN", "3e0", '""', "33333" * 2000]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_read_where_it_is_exact(number: str) -> None:
    assert parse("usefulness", f'{{"justification": "ok", "score": {number}}}') == [NUMBERS[number], "ok"]
    grades = parse("judge", f'{{"faithfulness": {number}, "completeness": 5}}')
    assert grades == [NUMBERS[number], 5, [], [], [], ""]


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_number_that_is_not_exact_is_no_grade(number: str) -> None:
    with pytest.raises(Unreadable):
        parse("usefulness", f'{{"justification": "ok", "score": {number}}}')


def test_a_finding_of_a_judge_is_a_mention_whatever_stands_beside_it() -> None:
    missing = '["Nile", {"mention": "Cairo", "type": "city"}, ["Giza", "city"], null, 1999]'
    verdict = parse("judge", f'{{"faithfulness": 4, "completeness": 3, "missing": {missing}, "extra": null}}')
    assert verdict == [4, 3, ["Nile", "Cairo", "Giza", "1999"], [], [], ""]


# No answers at all, to any question: each is asked again, and none says that nothing is named.
NO_ANSWERS = {
    "empty": "",
    "white space": " \n\t ",
    "prose": "I cannot\nhelp with that. 🙏",
    "a refusal": "I'm sorry, but I can't annotate this passage [it names private persons].",
    "a refusal in JSON": '{"error": "I cannot help with that."}',
    "an apology in JSON": '{"status": "refused", "reason": "private persons", "entities_found": 0}',
    "the format": '{"entities": [{"mention": "...", "type": "..."}, ...]}',
    "the format in quotes": '{"entities": [{"mention": "<mention>", "type": "<type>"}]}',
    "the format of a name": '{"name": "..."} {"english": "..."}',
    "the schema": json.dumps(ner.SCHEMA),
    "all schemas": json.dumps([plugins.load("finerweb.questions", question).SCHEMA for question in CONTENTS]),
    "an example": 'I will use the format, for example {"entities": [{"mention": "Paris", "type": "city"}]}, as asked.',
    "an example, fenced": 'For example:\n```json\n{"entities": [{"mention": "Paris", "type": "city"}]}\n```',
    "an example and a refusal": 'It should look like {"entities": [["Oslo", "city"]]}, but I cannot comply.',
    "a thought as a part": '[{"type": "thinking", "thinking": "{\'entities\': [[\'Oslo\', \'city\']]}"}]',
    "a condition": 'If nothing is named, I will answer {"entities": []}.',
    "a condition in Chinese": '如果没有实体，我会写 {"entities": []}。',
    "a draft": 'Draft: {"entities": []}\nLet me now go through the passage properly.',
    "second thoughts": '{"entities": []}\n\nWait, that is not right. The passage names',
    "only thought": '<think>\nIf nothing were named, {"entities": []}. But Lena Berg is.',
    "only thought, empty at its end": '<think>\nNothing is named, I think: {"entities": []}',
    "only thought, a first try": '<think>First: {"entities": [["Oslo", "city"]]}. I forgot the woman',
    "thought and no answer": '<think>Perhaps {"entities": [["Oslo", "city"]]}?</think>\nI found one.',
    "thought, cut in a draft": '<think>\n{"entities": [["Oslo", "city"], ["Lena',
    "harmony, no final": '<|channel|>analysis<|message|>Could be {"entities": []}. Hmm',
    "harmony without marks, no final": 'analysisWe need JSON like {"entities": []}. The passage',
    "Mistral, no end": '[THINK]So {"entities": []}?',
    "footnotes": "The passage [1] has none [2].",
    "a call": "print([]) or answer() or main(())",
    "a call that names nothing": '{"name": "list_entities", "arguments": {}}',
    "a call of an empty list": '{"name": "list_entities", "arguments": []}',
    "no calls": '{"content": "", "tool_calls": []}',
    "another list": '{"missing": [], "notes": []}',
    "names without types": '["Lena Berg", "Oslo"]',
    "many names without types": '{"entities": ["Lena Berg", "Oslo", "Bergen"]}',
    "bad items alone": '{"entities": [{"mention": "Oslo"}, null, 3]}',
    "a mention for a list": '{"entities": {"mention": "x"}}',
    "cut before anything": '{"entities": [{"mention": "Cai',
    "cut at once": '{"entities": [',
    "a list of nothing asked": "[[[1]]]",
    "nothing": "{}",
    "not lists": '{"faithfulness": 5, "completeness": 4, "missing": "none"}',
    "true grades": '{"faithfulness": true, "completeness": true, "score": true}',
    "no names": '{"name": ["x"], "english": 1}',
    "code": "[__import__('os').getcwd()]",
    "a set": "{'a', 'b'}",
    "a bracket, again and again": "[" * 100_000,
    "a brace, again and again": "{" * 100_000,
    "an object in an object": '{"a":' * 900 + "1" + "}" * 900,
    "a string that never ends": '{"a":"x' * 15_000,
    "a digit, again and again": '{"score": ' + "3" * 5000 + "}",
    "a footnote, again and again": "[1] " * 25_000,
    "a comment that never ends": "[/*" * 33_000,
    "a half-written escape": r'{"name": "\ud83d',
}  # fmt: skip


@pytest.mark.parametrize("name", NO_ANSWERS)
@pytest.mark.parametrize("question", CONTENTS)
def test_what_is_no_answer_is_unreadable(question: str, name: str) -> None:
    with pytest.raises(Unreadable):
        raise AssertionError(parse(question, NO_ANSWERS[name]))
