"""Whether {"Cairo": "city"} gives each mention its type: only the words tell, for {"city": "Cairo"} is as likely.

A type is a lower-case word or two, as it is asked for, or a word that labels/classes.py lists, in any case (PERSON,
Org). All values must be such, half of them listed, and of the members' names less than half. What an object says about
the answer, and not of a passage, has other words on either side.
"""

import re
from collections.abc import Sequence

from finerweb.labels import classes

_PLAIN_TYPE = re.compile(r"[a-z]+(?:[ _'/-][a-z]+){0,3}")
_NOTHING = re.compile(r"(?:no|not|none|nothing|null|nil|n/a|na|unknown|unclear|true|false|yes)\b.*")
# Words of members that speak of the answer: {"Final Answer": "city"}, {"Entity Name": "person"}, {"mention_1": "type"}.
_OF_ANSWERS = {
    *("answer", "result", "response", "output", "example", "format", "schema", "template", "draft", "note", "comment"),
    *("error", "status", "message", "explanation", "reason", "justification", "confidence", "score", "passage"),
    *("sentence", "text", "language", "entity", "entities", "mention", "mentions", "name", "names", "value", "word"),
    *("term", "span", "phrase", "string", "type", "types", "label", "labels", "category", "class", "kind", "tag", "id"),
}


def is_by_mention(pairs: Sequence[tuple[str, str]], *, is_of_entities: bool) -> bool:
    """Are these mentions with their types? What is not said to be entities must look like names, more than one word."""
    names, types = [name.strip() for name, _ in pairs], [type_.strip() for _, type_ in pairs]
    if not pairs or any(_is_of_answers(name, is_of_entities) for name in names) or not all(map(_is_type, types)):
        return False
    if 2 * sum(map(_is_listed, names)) >= len(names) or 2 * sum(map(_has_class, types)) < len(types):
        return False
    if is_of_entities:
        return any(map(_is_like_a_name, names)) or all(map(_has_class, types))
    return all(map(_is_like_a_name, names)) and (len(names) > 1 or not re.fullmatch(r"[A-Za-z]+", names[0]))


def _is_of_answers(name: str, is_of_entities: bool) -> bool:
    """By its last word; among entities, where Microsoft Word may be one, by all of them."""
    words = re.findall(r"[^\W\d_]+", name.lower())
    telling = words if is_of_entities else words[-1:]
    return not re.search(r"\w", name) or bool(words and _OF_ANSWERS.issuperset(telling))


def _is_type(text: str) -> bool:
    return _is_listed(text) or bool(_PLAIN_TYPE.fullmatch(text) and not _NOTHING.fullmatch(text))


def _is_listed(text: str) -> bool:
    """Is it one word, and that of a class or a tag: city, PERSON, org?"""
    return not re.search(r"\s", text) and _has_class(text)


def _has_class(text: str) -> bool:
    return classes.coarse(text) != classes.OTHER


def _is_like_a_name(text: str) -> bool:
    """Has it what an English type lacks: a capital, a digit, a letter of another alphabet?"""
    return not re.fullmatch(r"[a-z\s_'/-]*", text)
