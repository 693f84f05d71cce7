"""The mentions in an answer, in the shapes in which models list them; one that is none discards no other.

{"entities": [{"mention": "Nile", "type": "river"}]}      as it is asked for, also by other names of the members
[{"mention": "Nile", "type": "river"}]                    without the object
[["Nile", "river"]]                                       the paper's pairs
{"river": ["Nile"], "city": ["Cairo"]}                    by type
{"Nile": {"type": "river"}} or {"Nile": "river"}          by mention
[{"Nile": "river"}]                                       likewise, one an object
{"mention": "Nile", "type": "river"}                      one a line
"""

import json
from typing import Any, NamedTuple

from finerweb.questions._by_mention import is_by_mention
from finerweb.questions._members import member, plain, text_of
from finerweb.questions._reader import Form, Reading

_LISTS = ("entities", "named_entities", "mentions", "annotations", "entity_mentions", "entity_list", "spans")
_MENTIONS = (
    *("mention", "entity", "text", "name", "span", "surface", "surface_form", "word", "value", "phrase", "term"),
    *("entity_text", "entity_name", "mention_text", "named_entity"),
)
_TYPES = (
    *("type", "label", "category", "entity_type", "class", "tag", "kind", "entity_label", "entity_category"),
    *("entity_group", "entity_class", "mention_type", "ner_tag", "types", "labels", "categories", "classes", "tags"),
)
_GROUPS = ("mentions", "entities", "names", "values", "items", "examples")  # of one type
_LONE = ("mention", "entity")  # an object by itself is an item only with one of these
# What the format says, repeated.
_PLACEHOLDERS = {"...", "…", "mention", "type", "string", "entity", "label", "text", "entity type", "name"}


class Named(NamedTuple):
    """A mention as the model wrote it, and the type it gave."""

    mention: str
    type: str


class Bad(NamedTuple):
    """What stands among the mentions and is none: as JSON."""

    text: str


def shape(data: Any) -> Reading | None:
    """What a value lists, by reader.Shape."""
    if isinstance(data, list):
        if len(data) == 2 and all(isinstance(part, str) for part in data):
            return Reading([Named(*data)], Form.PAIR)
        return _listed(data, Form.LIST)
    if not isinstance(data, dict):
        return None
    members = {plain(name): value for name, value in data.items()}
    name = next((name for name in _LISTS if isinstance(members.get(name), list | dict | str)), None)
    if name is None:
        by_mention = _by_mention(data) or _strings_by_mention([*data.items()], is_of_entities=False)
        return _by_type(data, Form.LIST) or by_mention or _lone(members) or _only_list(data)
    listed = members[name]
    if isinstance(listed, str):
        listed = _as_json(listed)
    if isinstance(listed, dict):
        strings = _strings_by_mention([*listed.items()], is_of_entities=True)
        return _by_type(listed, Form.OBJECT) or _by_mention(listed) or strings
    return _listed(listed, Form.OBJECT)


def _listed(data: Any, form: Form) -> Reading | None:
    """A list with something that can be read, or that is empty; not one that repeats the format."""
    if not isinstance(data, list):
        return None
    is_of_members = all(isinstance(item, dict) and len(item) == 1 for item in data)
    pairs = [pair for item in data for pair in item.items()] if is_of_members else []
    if strings := _strings_by_mention(pairs, is_of_entities=True):
        return strings._replace(form=form)
    entries = [entry for item in data for entry in _entries(item)]
    mentions = [entry for entry in entries if isinstance(entry, Named)]
    if data and not any(not _is_placeholder(mention) for mention in mentions):
        return None
    return Reading(entries, form, len(mentions))


def _by_type(data: dict[str, Any], form: Form) -> Reading | None:
    """{"city": ["Cairo"]}; where all of its lists are empty, there is nothing, if these are the entities."""
    is_of_types = data and all(isinstance(value, list) for value in data.values())
    if not is_of_types or any(plain(name) in {*_LISTS, *_MENTIONS, *_TYPES} for name in data):
        return None
    entries = [entry for name, listed in data.items() for item in listed for entry in _entries(item, name)]
    reading = _listed([[*entry] if isinstance(entry, Named) else entry for entry in entries], form)
    if reading is None or (not entries and form is not Form.OBJECT):
        return None
    return reading._replace(content=entries)


def _by_mention(data: dict[str, Any]) -> Reading | None:
    """{"Cairo": {"type": "city"}}."""
    if not data or not all(isinstance(value, dict) and text_of(member(value, *_TYPES)) for value in data.values()):
        return None
    if all(member(value, *_MENTIONS) is not None for value in data.values()):
        return _listed(list(data.values()), Form.LIST)  # by number
    return _listed([[name, member(value, *_TYPES)] for name, value in data.items()], Form.LIST)


def _strings_by_mention(pairs: list[tuple[str, Any]], *, is_of_entities: bool) -> Reading | None:
    """{"Cairo": "city"}, where the words tell which is which; among entities, one without a type is a bad item."""
    strings = [pair for pair in pairs if isinstance(pair[1], str)]
    is_whole = 2 * len(strings) > len(pairs) if is_of_entities else len(strings) == len(pairs)
    if not is_whole or not is_by_mention(strings, is_of_entities=is_of_entities):
        return None
    return _listed([[*pair] for pair in pairs], Form.LIST)


def _only_list(data: dict[str, Any]) -> Reading | None:
    """An object of another name for its list, and nothing else that is one."""
    readings = [_listed(value, Form.LIST) for value in data.values() if isinstance(value, list) and value]
    return readings[0] if len(readings) == 1 else None


def _lone(members: dict[str, Any]) -> Reading | None:
    if not set(members) & set(_LONE):
        return None
    entries = _entries(members)
    is_item = all(isinstance(entry, Named) and not _is_placeholder(entry) for entry in entries)
    return Reading(entries, Form.ITEM, len(entries)) if is_item else None


def _entries(item: Any, label: str | None = None) -> list[Named | Bad]:
    """What an element of a list says: one mention, or several of one type; `label` is the type that stands above it."""
    if isinstance(item, list):
        if item and all(isinstance(part, dict | list) for part in item):  # a list for each sentence
            return [entry for part in item for entry in _entries(part, label)]
        mentions, type_ = [item[0]] if len(item) == 2 else [], item[-1] if item else None
    elif isinstance(item, dict):
        mentions, type_ = _of_object({plain(name): value for name, value in item.items()}, label)
    else:
        mentions, type_ = [item], label
    texts = [text_of(mention) for mention in mentions]
    if isinstance(type_, list) and len(type_) == 1:
        type_ = type_[0]
    if not isinstance(type_, str) or not texts or None in texts:
        return [Bad(json.dumps(item, ensure_ascii=False, default=lambda number: number.text))]
    return [Named(text, type_) for text in texts if text is not None]


def _of_object(members: dict[str, Any], label: str | None) -> tuple[list[Any], Any]:
    """The mentions that an object names, and their type; none where more than one member may hold it."""
    types = [name for name in _TYPES if name in members]
    mentions = [name for name in _MENTIONS if name in members]
    if not types and label is None and "entity" in mentions and len(mentions) > 1:
        types = ["entity"]  # {"entity": "B-LOC", "word": "Cairo"}
        mentions.remove("entity")
    type_ = _only(members, types, first="type") if types else label
    if not mentions:
        groups = [members[name] for name in _GROUPS if isinstance(members.get(name), list)]
        return (groups[0] if len(groups) == 1 else []), type_
    mention = _only(members, mentions, first="mention")
    return (mention if isinstance(mention, list) and len(mention) == 1 else [mention]), type_


def _only(members: dict[str, Any], names: list[str], *, first: str) -> Any:
    """The value of a member that was asked for, or of the only one that may stand for it; None for several."""
    if first in names:
        return members[first]
    values = [members[name] for name in names]
    return values[0] if all(value == values[0] for value in values) else None


def _is_placeholder(named: Named) -> bool:
    return all(part.strip(" <>[]{}()\"'*_").lower() in {*_PLACEHOLDERS, ""} for part in named)


def _as_json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
