"""A few passages are looked at before the rest is paid for: in a real lake, with a scripted engine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pyspark.sql import SparkSession
from rows import put
from typer.testing import CliRunner

from finerweb import graph, settings
from finerweb.__main__ import app
from finerweb.asking import forecasting, subjects
from finerweb.commands import plan, preview
from finerweb.errors import BadInput, BudgetSpent
from finerweb.estimating import Range
from finerweb.lake import Lake
from finerweb.report import preview_page
from finerweb.report.previews import Loss, Preview
from finerweb.settings import Settings
from finerweb.tables import completions, passages, selection

ENGLISH = "👩🏽\u200d🚀 flew to Cairo & <b>Rome</b>."
TEXTS = {
    "a#0": ("eng", "It rains in Rome."),
    "b#0": ("eng", ENGLISH),
    "c#0": ("tha", "เธอไปกรุงเทพฯ วันจันทร์"),
    "d#0": ("arb", "سافر إلى القاهرة يوم الاثنين."),
}
FIRST = {"eng": "b#0", "tha": "c#0", "arb": "d#0"}  # by the hash of their id


def entities(*named: tuple[str, str]) -> str:
    return json.dumps({"entities": [{"mention": mention, "type": label} for mention, label in named]})


GOOD = {
    "Cairo": entities(("Cairo", "city"), ("Atlantis", "mythical island"), ("Rome", "city")),
    "rains": entities(("Rome", "city")),
    "กรุงเทพฯ": entities(("กรุงเทพฯ", "capital city"), ("วันจันทร์", "weekday")),
    "القاهرة": entities(("القاهرة", "city")),
}
BAD = {**GOOD, "Cairo": "I see <Cairo> 👍🏽", "القاهرة": " \n"}


def fill(lake: Lake) -> None:
    rows: list[dict[str, Any]] = [
        {"passage_id": name, "document_id": name[0], "language": language, "text": text, "end": len(text)}
        for name, (language, text) in TEXTS.items()
    ]
    put(lake, passages.TABLE, *[{**row, "subwords": 10, "is_target_language": True} for row in rows])
    put(lake, selection.TABLE, *[{"passage_id": name, "is_selected": True, "rank": 1} for name in TEXTS])


def overrides(work: Path, *more: str) -> list[str]:
    models = {
        "good": {"engine": "fake", "by_text": GOOD, "tokens_out": 50, "price": {"input": 1, "output": 2}},
        "bad": {"engine": "fake", "by_text": BAD, "tokens_out": 70, "tasks": 1},
    }
    named = [f"models.{name}={json.dumps(model, ensure_ascii=False)}" for name, model in models.items()]
    return [f"work={work}", *named, "annotate.annotators=[good, bad]", "ask.attempts=1", *more]


def finerweb_preview(work: Path, *options: str) -> Result:
    named = [part for override in overrides(work) for part in ("--set", override)]
    return CliRunner().invoke(app, ["preview", "--conf", "conf/test.yml", *options, *named])


class Shown:
    """A preview of one passage of each language, of four that are selected."""

    def __init__(self, lake: Lake, chosen: Settings) -> None:
        self.lake, self.settings = lake, chosen
        self.preview = self.again()
        self.paid = self.request_ids()

    def again(self) -> Preview:
        return preview.preview(self.lake, self.settings, "ner", per_language=1)

    def request_ids(self) -> list[tuple[str, str]]:
        return sorted(tuple(row) for row in self.lake.read(completions.TABLE).select("request_id", "run").collect())


@pytest.fixture(scope="module")
def shown(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    work = tmp_path_factory.mktemp("preview")
    chosen = settings.load("conf/test.yml", overrides(work))
    lake = Lake(spark, chosen.lake.location)
    fill(lake)
    return Shown(lake, chosen)


def test_each_model_is_asked_about_the_first_passages_of_each_language(shown: Shown) -> None:
    of_language = {code: [subject.subject_id for subject in some] for code, some in shown.preview.subjects.items()}
    assert of_language == {code: [name] for code, name in FIRST.items()}
    english = shown.preview.subjects["eng"][0]
    good, bad = english.replies
    assert english.text == ENGLISH
    assert [(mark.start, mark.end, mark.label, mark.coarse) for mark in good.marks] == [
        (13, 18, "city", "place"),
        (24, 28, "city", "place"),
    ]
    assert (good.model, good.problem, good.named, good.attempts) == ("good", None, 3, 1)
    assert good.losses == [Loss("Atlantis", "mythical island", "absent")]
    assert (bad.model, bad.problem, bad.answer, bad.marks) == ("bad", "malformed", "I see <Cairo> 👍🏽", [])


def test_the_page_marks_what_was_found_and_tells_what_was_lost(shown: Shown) -> None:
    page = preview_page.render(shown.preview)
    city = '<mark class="c-place opens" data-label="city">{}</mark>'
    assert (
        f'<p class="text" lang="en" dir="ltr">👩🏽\u200d🚀 flew to {city.format("Cairo")} &amp; &lt;b&gt;'
        f"{city.format('Rome')}&lt;/b&gt;.</p>"
    ) in page
    assert (
        '<p class="text" lang="th" dir="ltr">เธอไป<mark class="c-place opens" data-label="capital city">กรุงเทพฯ</mark> '
        '<mark class="c-date opens" data-label="weekday">วันจันทร์</mark></p>'
    ) in page
    assert f'<p class="text" lang="ar" dir="rtl">سافر إلى {city.format("القاهرة")} يوم الاثنين.</p>' in page
    assert (
        '<li><b dir="auto">Atlantis</b> <span class="soft">mythical island</span> <code>absent</code> '
        "the passage does not contain the mention</li>"
    ) in page
    assert "<strong>malformed</strong>: the answer is not in the form that was asked for" in page
    assert '<pre class="raw" dir="auto">I see &lt;Cairo&gt; 👍🏽</pre>' in page
    assert '<mark class="c-place">place</mark>' in page, "the legend"
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_what_the_rest_would_take_is_said_of_each_model(shown: Shown) -> None:
    good, bad = (shown.preview.forecasts[model] for model in ("good", "bad"))
    assert (good.requests, good.answers, good.pooled) == (1, 3, ("eng",))
    assert good.tokens_out == Range(50, 50, 50)
    assert good.usd is not None
    assert good.usd.value == pytest.approx((good.tokens_in.value + 2 * 50) / 1e6)
    assert bad.lost is not None
    assert bad.lost.value == pytest.approx(2 / 3)
    lines = list(preview_page.summary(shown.preview))
    assert lines[0].startswith(f"  good               1 request to go · ${good.usd.value:.5f} ($0.0001")
    assert lines[0].endswith(
        "with 2 engines · 0 (0–1) lost · 0 of 3 answers here with a problem · 5 of 6 mentions found"
    )
    assert lines[1].endswith(
        "with 1 engine · 1 (0–1) lost · 2 of 3 answers here with a problem · 2 of 2 mentions found"
    )
    assert preview_page.budget(shown.preview) == "No budget limits it (annotate.budget)."


def test_a_plan_and_a_preview_say_the_same(shown: Shown) -> None:
    good, bad = (line for line in plan.plan(shown.lake, shown.settings) if line.job == "annotate")
    forecasts = shown.preview.forecasts
    usd = forecasts["good"].usd
    assert (good.requests, (good.usd, good.usd_low, good.usd_high), good.lost) == (1, usd, 0)
    assert (bad.usd, bad.lost, bad.tokens_out) == (0, 1, 70)
    assert bad.basis == "as 3 answers so far; with fewer than two in its language, as all of them: eng"


def test_what_a_preview_has_paid_for_is_not_paid_for_again(shown: Shown) -> None:
    version = shown.lake.version(completions.TABLE)
    shown.again()
    assert shown.lake.version(completions.TABLE) == version
    shown.lake.begin("annotate")
    graph.load("annotate").main(shown.lake, shown.settings)
    every = shown.request_ids()
    assert (len(shown.paid), len(every)) == (6, 8)
    assert set(shown.paid) < set(every)
    whole = subjects.requests("ner", subjects.read("ner", shown.lake, shown.settings), shown.settings)
    assert {name for name, _ in every} == {row["request_id"] for row in whole.frame.select("request_id").collect()}
    assert [estimate.requests for estimate in forecasting.forecast(shown.lake, whole, attempts=1).values()] == [0, 0]


def test_a_budget_holds(spark: SparkSession, tmp_path: Path) -> None:
    chosen = settings.load("conf/test.yml", overrides(tmp_path, "annotate.budget.tokens=1"))
    lake = Lake(spark, chosen.lake.location)
    fill(lake)
    with pytest.raises(BudgetSpent, match=r"^the budget is spent: annotate.budget.tokens=1"):
        preview.preview(lake, chosen, "ner", per_language=1)


def test_without_passages_the_way_out_asks_nobody(spark: SparkSession, tmp_path: Path) -> None:
    result = finerweb_preview(tmp_path, "--question", "usefulness", "--model", "good")
    assert result.exit_code == 1
    assert (
        f"finerweb: BadInput: preview of usefulness: found no passages in {tmp_path}/lake, wanted some to ask about. Make "
        "them, which asks no model: finerweb ingest_documents, then finerweb split_passages"
    ) in result.stderr


def test_a_selection_of_nothing_says_where_to_look(spark: SparkSession, tmp_path: Path) -> None:
    chosen = settings.load("conf/test.yml", overrides(tmp_path))
    lake = Lake(spark, chosen.lake.location)
    fill(lake)
    put(lake, selection.TABLE, *[{"passage_id": name, "problem": "not_useful"} for name in TEXTS])
    text = (
        "preview of ner: found none of its selected passages, wanted some to ask about. See what the jobs before annotate "
        "say was lost"
    )
    with pytest.raises(BadInput, match=f"^{text}$"):
        preview.preview(lake, chosen, "ner", per_language=1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            ["--question", "nerr"],
            r"no finerweb\.questions\.nerr; there are: .*, ner, usefulness\. Did you mean 'ner'\?",
        ),
        (["--model", "goood"], r"no model goood; there are: .*, good, bad\. Did you mean 'good'\?"),
    ],
)
def test_a_misspelt_name_is_told_from_the_others(shown: Shown, option: list[str], message: str) -> None:
    result = finerweb_preview(shown.settings.work, *option)
    assert result.exit_code == 1
    assert re.search(f"^finerweb: UnknownName: {message}$", result.stderr, flags=re.MULTILINE)
