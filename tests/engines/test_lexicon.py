"""The stand-in for a language model: what it names, in which profile, and what it says to each question."""

import itertools
from typing import Any

import pytest

from finerweb import engines, plugins, questions, settings
from finerweb.engines import Answer, Request, Spec, lexicon
from finerweb.errors import BadSettings

LANGUAGES = settings.load_languages()

# text, locale, whole words -> (surface, kind)
FINDS: list[tuple[str, str, bool, list[tuple[str, str]]]] = [
    ("", "en", False, []),
    ("Friday, January 5, 2024 👍🏽 at 12:30", "en", False, [("Friday, January 5, 2024", "date"), ("12:30", "time")]),
    ("€5.20, 50% of 5 km", "en", False, [("€5.20", "money"), ("50%", "percentage"), ("5 km", "quantity")]),
    ("€5.20, 50% of 5 km", "en", True, [("€5.20", "money"), ("50%", "percentage")]),
    ("www.x.org/a?b, a.b@c.org.", "en", True, [("www.x.org/a?b", "web address"), ("a.b@c.org", "email")]),
    ("Mali, malice, Somalia", "en", True, [("Mali", "country"), ("Somalia", "country")]),
    ("В Москве 12 сентября", "ru", False, [("12 сентября", "date")]),
    ("Вижу Киева огни", "ru", False, [("Киева", "city")]),
    ("Вижу Киева огни", "ru", True, []),
    ("14 มิถุนายน 2568 ราคา 5 บาท", "th", True, [("14 มิถุนายน 2568", "date"), ("5 บาท", "money")]),
    ("2025年9月6日，北京的法国", "zh", True, [("2025年9月6日", "date"), ("法国", "country")]),
    ("القاهرة في مصر يوم الخميس ٥٠٪", "ar", True, [("القاهرة", "city"), ("مصر", "country"), ("الخميس", "date"), ("٥٠٪", "percentage")]),
    ("ราคา 2567 เป็นต้น 5 บาทต่อวัน 14 มิถุนายนที่", "th", False, [("5 บาท", "money"), ("14 มิถุนายน", "date")]),
    ("នៅឆ្នាំ ២០០៤ មក", "km", False, []),
    ("70 किलोमीटर, 8 बजे", "hi", False, [("70 किलोमीटर", "quantity"), ("8 बजे", "quantity")]),
    ("৫০ টন; 8 டன்", "ta", False, [("৫০ টন", "quantity"), ("8 டன்", "quantity")]),
    ("10 ಕಿಲೋಮೀಟರ್‌ಗಳು", "kn", False, [("10 ಕಿಲೋಮೀಟರ್‌ಗಳು", "quantity")]),
    ("12 tammikuuta 2020, 3 Maispiel", "fi", False, [("12 tammikuuta 2020", "date"), ("3 Maispiel", "quantity")]),
    ("አዲስ አበባ ኢትዮጵያ", "am", True, [("አዲስ አበባ", "city"), ("ኢትዮጵያ", "country")]),
    ("ከተማው በ5,000 ሰዎች", "am", False, []),  # not `000 ሰዎች`
    ("x5,000 men, 3,500 women", "en", False, [("3,500 women", "quantity")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "locale", "whole_words", "wanted"), FINDS)
def test_finds_names_and_numbers(text: str, locale: str, whole_words: bool, wanted: list[tuple[str, str]]) -> None:
    matches = lexicon.find(text, locale, whole_words=whole_words)
    assert [(text[start:end], kind) for start, end, kind in matches] == wanted


def test_what_it_finds_never_overlaps() -> None:
    text = "On 3 May 2020 at 12:30 in Mali, 5,000.50 dollars (50%) 2024-01-02 12.5.2024 👍🏽 www.12:30.org"
    matches = lexicon.find(text, "en", whole_words=False)
    assert all(a.end <= b.start for a, b in itertools.pairwise(matches))


@pytest.mark.parametrize("code", ["eng", "tha", "srp", "gaz", "ckb", "san", "khm"])
def test_takes_any_locale(code: str) -> None:
    locale = LANGUAGES[code].locale
    assert [kind for _, _, kind in lexicon.find("50% 👍🏽 a@b.de", locale, whole_words=False)] == [
        "percentage",
        "email",
    ]


def test_a_locale_that_cldr_does_not_know_still_has_numbers() -> None:
    assert [kind for _, _, kind in lexicon.find("50% 👍🏽", "tlh", whole_words=True)] == ["percentage"]


def answer(profile: str, question: str, payload: dict[str, Any], language: str = "eng") -> Answer:
    annotator = plugins.load("finerweb.questions", question)
    request = Request("r", question, language, annotator.PROMPT, annotator.prompt(payload), annotator.SCHEMA, payload)
    (reply,) = engines.load(Spec.from_options("lexicon", {"profile": profile})).answers([request])
    return reply


def read(reply: Answer, question: str) -> Any:
    return plugins.load("finerweb.questions", question).parse(reply.text)


TEXT = "€5 👍🏽 in Mali on 3 May 2020; a@b.de"


@pytest.mark.parametrize(
    ("profile", "wanted"),
    [
        ("broad", [("€5", "money"), ("Mali", "country"), ("3 May 2020", "date"), ("a@b.de", "web address")]),
        (
            "strict",
            [
                ("€5", "amount of money"),
                ("Mali", "country"),
                ("3 May 2020", "calendar date"),
                ("a@b.de", "e-mail address"),
            ],
        ),
    ],
)
def test_names_entities_in_the_words_of_its_profile(profile: str, wanted: list[tuple[str, str]]) -> None:
    reply = answer(profile, "ner", {"text": TEXT, "locale": "en", "language": "English"})
    assert [tuple(entity) for entity in read(reply, "ner")] == wanted
    assert (reply.finish_reason, reply.problem) == ("stop", None)


def test_names_labels_in_the_languages_it_knows() -> None:
    assert read(answer("broad", "label_name", {"label": "city", "language": "Thai"}, "tha"), "label_name") == "เมือง"
    assert (
        read(answer("broad", "label_english", {"label": "เมือง", "language": "Thai"}, "tha"), "label_english") == "city"
    )
    assert (
        read(answer("broad", "label_english", {"label": "city", "language": "Thai"}, "tha"), "label_english") == "city"
    )
    assert answer("broad", "label_english", {"label": "город", "language": "Thai"}, "tha").problem == "refused"
    assert answer("broad", "label_name", {"label": "dragon", "language": "Thai"}, "tha") == Answer(
        "r", "", finish_reason="refused", problem="refused"
    )


def test_has_a_name_for_everything_it_says_in_every_language_of_the_sample() -> None:
    kinds = {"city", "date", "money", "email", "web address", "percentage", "time", "quantity", "country", "language"}
    names = {types.get(kind, kind) for types in lexicon.PROFILES.values() for kind in kinds}
    names -= {"email"}
    missing = names - set(lexicon.LABEL_NAMES)
    assert missing in ({"quantity"}, set())


def test_rates_prose_above_menus() -> None:
    prose = (
        "On 3 May 2020 at 12:30 a ferry left Mali with 50% of its crew, who spoke French and paid €5 each for it. "
        "In Kenya they met a captain from Nigeria, who had waited for them since Friday and wanted to sail on to Ghana."
    )
    rated = [
        read(answer("broad", "usefulness", {"text": text, "locale": "en"}), "usefulness").score
        for text in (prose, "Home | Login | Mali", "Nothing is named here at all.")
    ]
    assert rated == [4, 1, 1]


def test_judges_by_what_it_knows() -> None:
    entities = [{"mention": "Mali", "label": "river"}, {"mention": "a@b.de", "label": "web address"}]
    reply = answer("broad", "judge", {"text": TEXT, "locale": "en", "language": "English", "entities": entities})
    verdict = read(reply, "judge")
    assert (verdict.faithfulness, verdict.completeness) == (1, 1)
    assert (verdict.missing, verdict.extra, verdict.wrong) == (["€5", "3 May 2020"], [], ["Mali"])


def test_a_profile_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(BadSettings, match="^engine lexicon: profile 'brod'; wanted one of broad, strict$"):
        engines.load(Spec.from_options("lexicon", {"profile": "brod"}))


def test_an_annotators_fingerprint_is_that_of_its_question() -> None:
    fingerprints = {questions.fingerprint(name) for name in plugins.names("finerweb.questions")}
    assert len(fingerprints) == len(plugins.names("finerweb.questions"))
