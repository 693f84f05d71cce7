"""Known errors in copies of annotations, and when one counts as caught."""

import itertools

import pytest

from finerweb.labels.classes import coarse
from finerweb.mentions import planting
from finerweb.mentions.planting import Annotation, Planted, is_caught, is_same, ordinary_words, plant, wrong_types
from finerweb.report import trust

ENGLISH = "Yesterday Ellen Johnson 👩🏽\u200d🚀 travelled from Monrovia to Cairo and talked about Monrovia on 3 May."
THAI = "เมื่อวานนี้นายกรัฐมนตรีเดินทางไปกรุงเทพมหานครเพื่อประชุมเรื่องการค้าระหว่างประเทศกับญี่ปุ่น"
ARABIC = "سافر الرئيس إلى القاهرة يوم الاثنين لمناقشة التجارة بين البلدين."
CHINESE = "昨天，中国外交部长在北京会见了法国代表团，双方讨论了贸易和环境保护问题。"
KHMER = "ថ្ងៃនេះ នាយករដ្ឋមន្ត្រីបានធ្វើដំណើរទៅភ្នំពេញ ដើម្បីជួបប្រជុំ"

PASSAGES = {
    "en": (ENGLISH, [("Ellen Johnson", "politician"), ("Monrovia", "city / location"), ("Cairo", "city"), ("Monrovia", "city"), ("3 May", "date")]),
    "th": (THAI, [("กรุงเทพมหานคร", "city"), ("ญี่ปุ่น", "country")]),
    "ar": (ARABIC, [("القاهرة", "city"), ("الاثنين", "date")]),
    "zh": (CHINESE, [("北京", "city"), ("法国", "country")]),
    "km": (KHMER, [("ភ្នំពេញ", "city")]),
}  # fmt: skip


def annotated(locale: str) -> tuple[str, list[Annotation]]:
    text, named = PASSAGES[locale]
    entities: list[Annotation] = []
    for mention, label in named:
        start = text.index(mention, entities[-1].end if entities else 0)
        entities.append(Annotation(start, start + len(mention), mention, label))
    return text, entities


def planted(locale: str, kind: str) -> Planted:
    """The first error of a kind that some key draws."""
    text, entities = annotated(locale)
    made = (plant(text, entities, key=f"d#{number}", locale=locale) for number in itertools.count())
    return next(error for error in made if error and error.kind == kind)


@pytest.mark.parametrize("locale", PASSAGES)
def test_an_entity_is_left_out_and_the_others_stay(locale: str) -> None:
    _, entities = annotated(locale)
    made = planted(locale, "removed")
    assert [entity for entity in entities if entity not in made.annotations] == [
        entity for entity in entities if entity.mention == made.mention
    ]
    assert len(made.annotations) == len(entities) - 1


@pytest.mark.parametrize("locale", PASSAGES)
def test_an_entity_is_given_a_type_of_another_kind(locale: str) -> None:
    _, entities = annotated(locale)
    made = planted(locale, "wrong_type")
    ((was, now),) = [(a, b) for a, b in zip(entities, made.annotations, strict=True) if a != b]
    assert (was.mention, was[:3]) == (made.mention, now[:3])
    assert coarse(now.label) not in {coarse(part) for part in was.label.split(" / ")}


@pytest.mark.parametrize("locale", PASSAGES)
def test_an_ordinary_word_is_listed_where_it_stands(locale: str) -> None:
    text, entities = annotated(locale)
    made = planted(locale, "invented")
    (new,) = [entity for entity in made.annotations if entity not in entities]
    assert text[new.start : new.end] == new.mention == made.mention
    assert all(new.end <= entity.start or entity.end <= new.start for entity in entities)
    assert [entity for entity in made.annotations if entity != new] == entities
    assert made.annotations == sorted(made.annotations)


WORDS = {
    "en": ["about", "talked", "travelled"],
    "th": ["ประชุม", "ประเทศ", "ระหว่าง", "เดิน", "เพื่อ", "เมื่อ", "เรื่อง"],
    "ar": ["البلدين", "التجارة", "الرئيس", "لمناقشة"],
    "zh": ["昨天", "环境", "讨论", "贸易", "问题"],
    "km": ["ថ្ងៃនេះ", "ធ្វើដំណើរ", "ប្រជុំ", "រដ្ឋមន្ត្រី"],
}


@pytest.mark.parametrize("locale", WORDS)
def test_ordinary_words_are_the_longer_ones_without_a_capital(locale: str) -> None:
    text, entities = annotated(locale)
    assert sorted(text[word.start : word.end] for word in ordinary_words(text, entities, locale)) == WORDS[locale]


def test_a_word_with_a_name_in_it_is_not_ordinary() -> None:
    text = "وزاروا والقاهرة مدينة"  # "and Cairo" is one word
    entities = [Annotation(8, 15, "القاهرة", "city")]
    assert text[8:15] == entities[0].mention
    assert [text[word.start : word.end] for word in ordinary_words(text, entities, "ar")] == ["وزاروا"]
    assert "والقاهرة" in {text[word.start : word.end] for word in ordinary_words(text, [], "ar")}


def test_a_key_always_plants_the_same_error_and_keys_plant_every_kind() -> None:
    text, entities = annotated("en")
    keys = [f"d#{number}" for number in range(60)]
    made = [plant(text, entities, key=key, locale="en") for key in keys]
    assert made == [plant(text, list(entities), key=key, locale="en") for key in keys]
    kinds = [error.kind for error in made if error]
    assert {kind: kinds.count(kind) > 10 for kind in planting.KINDS} == dict.fromkeys(planting.KINDS, True)
    assert made[0] == Planted("wrong_type", "3 May", [*entities[:4], entities[4]._replace(label="disease")])


def test_a_mention_that_is_listed_twice_or_is_part_of_another_is_left_alone() -> None:
    text, entities = annotated("en")
    made = [plant(text, entities, key=str(number), locale="en") for number in range(60)]
    assert {error.mention for error in made if error and error.kind != "invented"} == {
        "Ellen Johnson",
        "Cairo",
        "3 May",
    }
    nested = [Annotation(0, 20, "University of Bergen", "university"), Annotation(14, 20, "Bergen", "city")]
    made = [plant("University of Bergen grows", nested, key=str(number), locale="en") for number in range(9)]
    assert {(error.kind, error.mention) for error in made if error} == {("invented", "grows")}


def test_what_several_annotators_said_comes_first() -> None:
    text, entities = annotated("en")
    sure = [entity._replace(is_sure=entity.mention == "Cairo") for entity in entities]
    made = [plant(text, sure, key=str(number), locale="en") for number in range(30)]
    assert {error.mention for error in made if error and error.kind != "invented"} == {"Cairo"}


@pytest.mark.parametrize(
    ("text", "entities", "kinds"),
    [
        ("nothing is named here", [], {"invented"}),
        ("", [], set()),
        ("👍🏽 42!", [], set()),
        ("OSLO", [Annotation(0, 4, "OSLO", "city")], {"removed", "wrong_type"}),
        ("OSLO", [Annotation(0, 4, "OSLO", "dragon")], {"removed"}),  # nobody knows what is no dragon
    ],
)
def test_an_impossible_kind_gives_way_to_another_or_to_none(
    text: str, entities: list[Annotation], kinds: set[str]
) -> None:
    made = [plant(text, entities, key=str(number), locale="en") for number in range(30)]
    assert {error.kind for error in made if error} == kinds
    assert all(made) == bool(kinds)


def test_without_entities_an_invented_one_has_a_plausible_type() -> None:
    made = plant("nothing is named here", [], key="d#0", locale="en")
    assert made
    assert made.annotations[0].label in planting.PLAUSIBLE


def test_a_type_is_clearly_wrong_or_not_offered() -> None:
    others = ["disease", "chemical element", "amount of money", "programming language"]
    assert wrong_types("city / location") == ["person", "date", "animal", *others]
    assert wrong_types("person") == ["city", "date", *others]
    assert wrong_types("dragon") == wrong_types("dragon / city") == []
    assert all(coarse(label) in classes.split() for label, classes in planting.WRONG_TYPES.items())


# kind, the planted mention, what the judge lists as missing, extra, wrong -> is it caught?
CASES = [
    ("removed", "Cairo", ["Cairo"], [], [], True),
    ("removed", "Cairo", ["cairo "], [], [], True),
    ("removed", "Cairo", [], ["Cairo"], ["Cairo"], False),
    ("removed", "Cairo", ["Monrovia", "Cairo (a city)"], [], [], True),
    ("removed", "القاهرة", ["«القاهرة»"], [], [], True),
    ("wrong_type", "Cairo", [], [], ["Cairo: it is a city"], True),
    ("wrong_type", "Cairo", [], ["Cairo"], [], True),
    ("wrong_type", "Cairo", ["Cairo"], [], [], False),
    ("invented", "talked", [], ["talked"], [], True),
    ("invented", "talked", [], [], ["talked"], True),
    ("invented", "talked", ["talked"], [], [], False),
    ("invented", "talked", [], [], [], False),
]


@pytest.mark.parametrize(("kind", "mention", "missing", "extra", "wrong", "caught"), CASES)
def test_an_error_is_caught_in_the_list_that_fits(
    kind: str, mention: str, missing: list[str], extra: list[str], wrong: list[str], caught: bool
) -> None:
    assert is_caught(kind, mention, missing=missing, extra=extra, wrong=wrong) is caught


SAME = [
    ("Oslo", "OSLO", True),
    ("état", "e\u0301tat", True),
    ("Oslo", '"Oslo".', True),
    ("Oslo", "Oslo -> city", True),
    ("Oslo", "Oslo (labelled person)", True),
    ("12:30", "12:30 (time)", True),
    ("Charles", "King Charles", True),
    ("King Charles", "Charles", True),
    ("Oslo", "Oslo International Film Festival", False),  # another entity
    ("Mali", "Somalia", False),  # inside a word
    ("กรุงเทพ", "กรุงเทพมหานคร", True),  # a script without spaces
    ("서울", "서울에서", True),  # with a particle
    ("👍🏽 Oslo", "Oslo", True),
    ("Oslo", "", False),
    ("Oslo", "Bergen", False),
]


@pytest.mark.parametrize(("mention", "listed", "same"), SAME)
def test_a_judge_may_write_a_mention_in_its_own_way(mention: str, listed: str, same: bool) -> None:
    assert is_same(mention, listed) is same


def test_every_kind_has_a_name_in_the_report_and_a_list_in_which_it_is_caught() -> None:
    assert list(trust.PLANTED) == list(planting.CAUGHT_IN) == list(planting.KINDS)
