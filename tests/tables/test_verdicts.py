"""What a judge sees, and what becomes of its answers; planted errors included."""

import json

from pyspark.sql import DataFrame, Row, SparkSession

from finerweb import settings
from finerweb.asking import conversation
from finerweb.collection import Collection
from finerweb.engines import Spec
from finerweb.lake import Lake
from finerweb.tables import verdicts

LANGUAGES = settings.load_languages()

TEXT = "Yesterday Ellen Johnson 👩🏽\u200d🚀 travelled from Monrovia to Cairo and talked about Monrovia on 3 May."
THAI = "เมื่อวานนี้นายกรัฐมนตรีเดินทางไปกรุงเทพมหานคร"
PASSAGES = [("d#0", "eng", TEXT), ("d#1", "eng", TEXT), ("d#2", "eng", "42 👍🏽"), ("t#1", "tha", THAI)]
NAMED = [("Ellen Johnson", "politician"), ("Monrovia", "city / location"), ("Cairo", "city"), ("3 May", "date")]
CAPITAL = ("กรุงเทพมหานคร", "city")

COPY = ["passage_id", "copy_of", "copy", "language", "planted_kind", "planted_mention", "text", "entities"]


def entities(spark: SparkSession) -> DataFrame:
    """Not in reading order."""
    rows = [
        (passage_id, text.index(mention), text.index(mention) + len(mention), mention, label, "alone")
        for passage_id, text, named in [("d#0", TEXT, NAMED), ("d#1", TEXT, NAMED), ("t#1", THAI, [CAPITAL])]
        for mention, label in reversed(named)
    ]
    return spark.createDataFrame(
        rows, "passage_id string, start int, end int, mention string, label string, agreement string"
    )


def subjects(spark: SparkSession, *, planted: float, swapped: float) -> DataFrame:
    passages = spark.createDataFrame(PASSAGES, "passage_id string, language string, text string")
    return verdicts.subjects(entities(spark), passages, languages=LANGUAGES, planted=planted, swapped=swapped)


def test_a_judge_sees_lists_in_reading_order_in_reverse_order_and_with_one_error(spark: SparkSession) -> None:
    wrong = [NAMED[0], ("Monrovia", "disease"), *NAMED[2:]]
    invented = [*NAMED[:3], ("about", "city / location"), NAMED[3]]
    rows = [
        ("d#0", "d#0", "plain", "eng", None, None, TEXT, NAMED),
        ("d#0~swapped", "d#0", "swapped", "eng", None, None, TEXT, NAMED[::-1]),
        ("d#0~planted", "d#0", "planted", "eng", "wrong_type", "Monrovia", TEXT, wrong),
        ("d#1", "d#1", "plain", "eng", None, None, TEXT, NAMED),
        ("d#1~swapped", "d#1", "swapped", "eng", None, None, TEXT, NAMED[::-1]),
        ("d#1~planted", "d#1", "planted", "eng", "invented", "about", TEXT, invented),
        ("d#2", "d#2", "plain", "eng", None, None, "42 👍🏽", []),  # nothing to swap, and no error possible
        ("t#1", "t#1", "plain", "tha", None, None, THAI, [CAPITAL]),
        ("t#1~planted", "t#1", "planted", "tha", "removed", CAPITAL[0], THAI, []),
    ]  # fmt: skip
    made = subjects(spark, planted=1.0, swapped=1.0)
    assert made.columns == COPY
    assert sorted((*row[:7], [tuple(entity) for entity in row["entities"]]) for row in made.collect()) == sorted(rows)


def test_without_planting_and_swapping_there_are_only_plain_lists(spark: SparkSession) -> None:
    copies = subjects(spark, planted=0.0, swapped=0.0).select("passage_id", "copy").collect()
    assert sorted(copies) == [(passage_id, "plain") for passage_id, _, _ in PASSAGES]


def test_a_share_is_exact_in_every_language_and_a_larger_sample_keeps_it(spark: SparkSession) -> None:
    def planted(size: int) -> dict[str, set[str]]:
        # In the order of the hash, as the sample comes.
        rows = [
            (f"{code}#{number}", code, f"nothing is named in {number}")
            for code in ("eng", "fra")
            for number in range(200)
        ]
        ordered = spark.createDataFrame(rows, "passage_id string, language string, text string").selectExpr(
            "*", "row_number() over (partition by language order by xxhash64(passage_id)) as turn"
        )
        sample = ordered.filter(ordered["turn"] <= size).drop("turn")
        copies = verdicts.subjects(entities(spark), sample, languages=LANGUAGES, planted=0.2, swapped=0.0)
        planted_copies = copies.filter("copy = 'planted'").select("copy_of", "language").collect()
        return {code: {row["copy_of"] for row in planted_copies if row["language"] == code} for code in ("eng", "fra")}

    few, more = planted(4), planted(25)
    assert {code: len(ids) for code, ids in few.items()} == {"eng": 1, "fra": 1}
    assert {code: len(ids) for code, ids in more.items()} == {"eng": 5, "fra": 5}
    assert all(few[code] < more[code] for code in few)


def test_the_request_about_a_plain_list_is_the_one_that_it_always_was(spark: SparkSession) -> None:
    copies = subjects(spark, planted=1.0, swapped=1.0)
    requests = conversation.requests(copies, question="judge", models={"j": Spec("fake")}, languages=LANGUAGES).frame
    payload = requests.filter("subject_id = 't#1'").collect()[0]["payload"]
    shown = [{"mention": CAPITAL[0], "label": "city"}]
    assert json.loads(payload) == {"text": THAI, "language": "Thai", "locale": "th", "entities": shown}
    assert requests.select("request_id").distinct().count() == 9


def verdict(faithfulness: int, completeness: int, **lists: list[str]) -> str:
    return json.dumps(
        {"explanation": "👍🏽", "faithfulness": faithfulness, "completeness": completeness, **lists},
        ensure_ascii=False,
    )


def test_a_judge_catches_some_of_the_planted_errors(spark: SparkSession, lake: Lake) -> None:
    script = {
        "by_text": {
            "- Monrovia: disease": verdict(2, 5, wrong=["Monrovia (a city)"]),
            "- about: city": verdict(4, 4, wrong=["Cairo"]),  # sees something else
            "Annotations:\n- 3 May": verdict(3, 5),  # the list in reverse order
            "- กรุงเทพ": "I like Bangkok",
            "Language: Thai": verdict(5, 2, missing=["กรุงเทพมหานคร"]),
            "42": verdict(5, 5),
        },
        "answers": {"judge": verdict(5, 4, missing=["Liberia"], extra=[], wrong=[])},
    }
    copies = subjects(spark, planted=1.0, swapped=1.0)
    models = {"j": Spec.from_options("fake", script)}
    requests = conversation.requests(copies, question="judge", models=models, languages=LANGUAGES)
    how = Collection(slice=100, attempts=1, again=[], spool=f"{lake.location}/spool")
    conversation.answer_missing(lake, requests, how=how, tasks=2)
    lake.replace(verdicts.TABLE, verdicts.collect(conversation.answers(lake, requests), copies))
    explanation = "👍🏽"
    rows = [
        ("d#0", "j", "plain", "eng", 5, 4, ["Liberia"], [], [], explanation, None, None, None, None),
        ("d#0", "j", "swapped", "eng", 3, 5, [], [], [], explanation, None, None, None, None),
        ("d#0", "j", "planted", "eng", 2, 5, [], [], ["Monrovia (a city)"], explanation, "wrong_type", "Monrovia", True, None),
        ("d#1", "j", "plain", "eng", 5, 4, ["Liberia"], [], [], explanation, None, None, None, None),
        ("d#1", "j", "swapped", "eng", 3, 5, [], [], [], explanation, None, None, None, None),
        ("d#1", "j", "planted", "eng", 4, 4, [], [], ["Cairo"], explanation, "invented", "about", False, None),
        ("d#2", "j", "plain", "eng", 5, 5, [], [], [], explanation, None, None, None, None),
        ("t#1", "j", "plain", "tha", None, None, None, None, None, None, None, None, None, "malformed"),
        ("t#1", "j", "planted", "tha", 5, 2, [CAPITAL[0]], [], [], explanation, "removed", CAPITAL[0], True, None),
    ]  # fmt: skip
    assert sorted(tuple(row) for row in lake.read(verdicts.TABLE).collect()) == sorted(rows)


def test_an_answer_without_a_verdict_catches_nothing(spark: SparkSession) -> None:
    answers = spark.createDataFrame(
        [("d#0~planted", "j", "eng", "", "refused"), ("gone#7", "j", "eng", verdict(5, 5), None)],
        "subject_id string, model string, language string, answer string, problem string",
    )
    (row,) = verdicts.collect(answers, subjects(spark, planted=1.0, swapped=0.0)).collect()
    assert row == Row(
        passage_id="d#0", judge="j", copy="planted", language="eng", faithfulness=None, completeness=None, missing=None,
        extra=None, wrong=None, explanation=None, planted_kind="wrong_type", planted_mention="Monrovia", is_caught=None,
        problem="refused",
    )  # fmt: skip


def test_what_is_not_about_the_passage_or_was_cut_is_no_verdict(spark: SparkSession) -> None:
    answer = '{"faithfulness": 5, "completeness": 5, "missing": [], "extra": [], "wrong": []}'
    rows = [
        ("d#0", problem or "none", "eng", answer, problem)
        for problem in (None, "malformed", "truncated", "other_subject")
    ]
    answers = spark.createDataFrame(
        rows, "subject_id string, model string, language string, answer string, problem string"
    )
    read = verdicts.collect(answers, subjects(spark, planted=0.0, swapped=0.0)).collect()
    assert {row["judge"]: (row["faithfulness"], row["problem"]) for row in read} == {
        "none": (5, None),
        "malformed": (5, None),  # a better parser reads today what an older one could not
        "truncated": (None, "truncated"),
        "other_subject": (None, "other_subject"),
    }
