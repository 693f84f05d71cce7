"""Taggers as annotators: what they answer to each question, where their mentions are grounded, what is refused."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from finerweb import engines, questions
from finerweb.cost import Price
from finerweb.engines import Answer, Request, Spec
from finerweb.engines._tagging.answering import graded
from finerweb.errors import BadSettings, EngineFailed
from finerweb.mentions.grounding import Text, ground
from finerweb.taggers import spacy as pipelines
from finerweb.text.spans import Span
from finerweb.text.tags import Tag

library = pytest.importorskip("spacy", reason="spaCy is not installed")
TEXT = "👍🏽 Ola Berg said: Cairo 🇪🇬 is in Egypt, Cairo is."


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A pipeline that knows names by heart, one of them only before a verb."""
    pipeline = library.blank("en")
    patterns: list[dict[str, Any]] = [
        {"label": "PERSON", "pattern": "Ola Berg"},
        {"label": "GPE", "pattern": "Cairo"},
        {"label": "COUNTRY", "pattern": "Egypt"},
        {"label": "PLANET", "pattern": [{"TEXT": "Mars"}, {"TEXT": "("}]},
    ]
    pipeline.add_pipe("entity_ruler").add_patterns(patterns)
    folder = tmp_path_factory.mktemp("pipelines") / "ruled"
    pipeline.to_disk(folder)
    return str(folder)


def request(question: str, text: str = TEXT, language: str = "eng", number: int = 0) -> Request:
    return Request(f"{question}-{number}", question, language, "", text, {}, {"text": text, "locale": "en"})


def answer(spec: Spec, put: Request) -> Answer:
    (reply,) = engines.load(spec).answers([put])
    assert reply.request_id == put.request_id
    return reply


def spacy(ruled: str, **options: Any) -> Spec:
    return Spec.from_options("spacy", {"pipelines": {"eng": ruled}, **options})


def student(ruled: str, **options: Any) -> Spec:
    return Spec.from_options("student", {"kind": "spacy", "model": ruled, **options})


@pytest.mark.parametrize("engine", [spacy, student])
def test_mentions_are_named_in_reading_order(engine: Any, ruled: str) -> None:
    reply = answer(engine(ruled), request("ner"))
    assert (reply.problem, reply.finish_reason, reply.tokens_in, reply.tokens_out) == (None, "stop", 0, 0)
    assert [tuple(named) for named in questions.load("ner").parse(reply.text)] == [
        ("Ola Berg", "person"),
        ("Cairo", "geopolitical entity"),
        ("Egypt", "country"),
        ("Cairo", "geopolitical entity"),
    ]


def test_that_nothing_is_named_is_an_answer(ruled: str) -> None:
    reply = answer(spacy(ruled), request("ner", "nothing"))
    assert (json.loads(reply.text), reply.problem) == ({"entities": []}, None)
    assert questions.load("ner").items(reply.text) == []


def test_types_are_those_that_are_asked_for(ruled: str) -> None:
    assert json.loads(answer(student(ruled, labels=["country", "river"]), request("ner")).text) == {
        "entities": [{"mention": "Egypt", "type": "country"}]
    }
    assert json.loads(answer(student(ruled, threshold=1), request("ner")).text)["entities"]
    relabelled = spacy(ruled, labels={"eng": {"COUNTRY": "state"}})
    assert '{"mention": "Egypt", "type": "state"}' in answer(relabelled, request("ner")).text
    with pytest.raises(
        BadSettings, match=r"^labels of the engine student, model .*: found river, wanted some of those"
    ):
        answer(student(ruled, labels=["river"]), request("ner"))


def test_a_tag_grounds_where_it_was_or_at_the_first_place_of_its_name(ruled: str) -> None:
    tagger = pipelines.load(ruled)

    def places(text: str) -> tuple[list[Span], list[Span | None]]:
        (tags,) = tagger.tag([text], tagger.labels, least=0.5)
        reply = answer(spacy(ruled), request("ner", text))
        named = questions.load("ner").parse(reply.text)
        grounded = ground([item.mention for item in named], Text(text, "en"), labels=[item.type for item in named])
        return [tag.span for tag in tags], [place.span for (place,) in grounded]

    tagged, grounded = places(TEXT)
    assert grounded == tagged
    between = "Mars ( and Cairo, Mars is. Egypt, Mars ( again"  # "Mars (" is tagged twice, plain "Mars" is not
    tagged, grounded = places(between)
    assert grounded == tagged == [Span(0, 6), Span(11, 16), Span(27, 32), Span(34, 40)]


def test_half_tagged_names_ground_by_their_neighbours() -> None:
    """As the docstring of the engine says: by the mentions on both sides, else at the first place that fits."""
    text = Text("Mars, Cairo, Mars, Egypt, Mars", "en")
    labels = ["a", "b", "c"]
    (inner,) = ground(["Cairo", "Mars", "Egypt"], text, labels=labels)[1]
    assert inner.span == Span(13, 17)
    (last,) = ground(["Cairo", "Mars"], text, labels=labels[:2])[1]  # the tag may have been that at 26
    assert last.span == Span(13, 17)


def test_a_language_without_a_pipeline_and_another_question_have_their_problems(ruled: str) -> None:
    requests = [
        request("ner", number=1),
        request("ner", language="jpn", number=2),
        request("judge", number=3),
        request("label_name", number=4),
        request("ner", number=5),
    ]
    replies = {reply.request_id: reply for reply in engines.load(spacy(ruled, batch=2)).answers(requests)}
    assert {name: reply.problem for name, reply in replies.items()} == {
        "ner-1": None,
        "ner-2": "no_model",
        "judge-3": "refused",
        "label_name-4": "refused",
        "ner-5": None,
    }
    assert (replies["ner-2"].text, replies["ner-2"].finish_reason) == ("", "refused")


def test_no_more_is_read_ahead_than_a_batch(ruled: str) -> None:
    read: list[int] = []

    def endless() -> Iterator[Request]:
        number = 0
        while True:
            read.append(number)
            yield request("ner", number=number)
            number += 1

    replies = engines.load(student(ruled, batch=3)).answers(endless())
    assert [next(replies).request_id for _ in range(4)] == ["ner-0", "ner-1", "ner-2", "ner-3"]
    assert len(read) == 6


@pytest.mark.parametrize(
    ("names", "types", "score"),
    [(0, 0, 1), (1, 1, 1), (2, 2, 1), (3, 1, 2), (3, 3, 3), (8, 3, 3), (7, 4, 3), (8, 4, 4)],
)
def test_a_grade_counts_names_and_their_types(names: int, types: int, score: int) -> None:
    text = "abcdefgh"
    tags = [Tag(number, number + 1, f"type {number % types}", 1.0) for number in range(names)]
    assert graded(text, tags) == {"justification": f"{names} names of {types} types", "score": score}
    assert graded(text, [*tags, *tags])["score"] == score  # the same once more is nothing new


def test_usefulness_is_graded(ruled: str) -> None:
    rating = questions.load("usefulness").parse(answer(spacy(ruled), request("usefulness")).text)
    assert tuple(rating) == (3, "3 names of 3 types")


def test_fingerprints_change_with_what_shapes_answers_alone(ruled: str) -> None:
    plain = student(ruled).fingerprint
    assert student(ruled, batch=7, threshold=None, labels=None).fingerprint == plain
    shaped = [{"labels": ["a"]}, {"threshold": 0.3}, {"kind": "gliner"}, {"model": "other"}]
    assert len({plain, *(student(ruled, **options).fingerprint for options in shaped)}) == 5
    assert spacy(ruled, batch=7, labels={}).fingerprint == spacy(ruled).fingerprint
    assert spacy(ruled, pipelines={"jpn": "ja_ginza"}).fingerprint != spacy(ruled).fingerprint
    assert spacy(ruled).price == student(ruled).price == Price()


@pytest.mark.parametrize(
    ("engine", "options", "text"),
    [
        (
            "spacy",
            {"pipelines": {"jpn": "xx"}},
            "engine spacy: spaCy pipeline xx: found neither a package nor a folder",
        ),
        (
            "spacy",
            {},
            "engine spacy: engine spacy, pipelines: found nothing, wanted a pipeline for each language: {jpn",
        ),
        ("student", {"model": "nowhere"}, "engine student: student nowhere: found no student.json, wanted the folder"),
        ("student", {"kind": "spcy", "model": "x"}, "engine student: no finerweb.taggers.spcy; there are: "),
        ("student", {"kind": "spacy", "model": "xx"}, "engine student: spaCy pipeline xx: found neither a package"),
        (
            "student",
            {"model": "x", "threshold": 2},
            "engine student: engine student, threshold: found 2, wanted a score",
        ),
        (
            "student",
            {"model": "x", "batch": 0},
            "engine student: engine student, batch: found 0, wanted a number of pas",
        ),
    ],
)
def test_what_can_be_known_fails_on_the_driver(engine: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(EngineFailed, match=f"^{re.escape(text)}"):
        engines.check(Spec.from_options(engine, options))


def test_what_is_there_passes(ruled: str) -> None:
    engines.check(spacy(ruled))
    engines.check(student(ruled))
