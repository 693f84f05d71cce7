"""A preview's page and its lines for the terminal, from plain data."""

from dataclasses import replace

import pytest

from finerweb import settings
from finerweb.cost import Budget, Price
from finerweb.estimating import Estimate, Range
from finerweb.report.preview_page import budget, figures, outlook, render, summary
from finerweb.report.previews import Preview, Reply, Subject

LANGUAGES = settings.load_languages()
LONG = "<i>بلا نهاية</i> " * 200
REPLIES = [
    Reply("mini", '{"score": 3}', None, 1, 100, 20, 2.0),
    Reply("free", LONG, "looped", 2, 300, 2048, 30.0),
]
ESTIMATES = {
    "mini": Estimate(
        1000, 2, Range(1e5, 9e4, 1.1e5), Range(2e4), Range(7200, 3600, 9000), Range(0.27, 0.2, 0.3), Range(0, 0, 600)
    ),
    "free": Estimate(1000, 0, Range(1e5), Range(8e4), None, None, None),
}


def preview(question: str = "usefulness", **changes: object) -> Preview:
    whole = Preview(
        question=question,
        languages=LANGUAGES,
        subjects={"arb": [Subject("d#0", "Passage:\nسافر إلى 👍🏽", REPLIES)]},
        prices={"mini": Price(input=1, output=2), "free": None},
        engines={"mini": 4, "free": 1},
        forecasts=ESTIMATES,
        guess="",
        setting="rate.budget",
        budget=Budget(),
        left=Budget(),
        place="/lake",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_figures_of_answers_say_what_nobody_knows() -> None:
    assert [tuple(row) for row in figures(preview()).rows] == [
        ("mini", "1", "0.0\u00a0% (0.0\u00a0%–79.3\u00a0%)", "100", "20", "$0.00014", "2.0\u00a0s"),
        ("free", "1", "100.0\u00a0% (20.7\u00a0%–100.0\u00a0%)", "300", "2,048", "not known", "30.0\u00a0s"),
    ]


def test_the_rest_has_its_intervals_and_its_time_is_shared_by_the_engines() -> None:
    assert [tuple(row) for row in outlook(preview()).rows] == [
        (
            "mini",
            *("1,000", "100,000 (90,000–110,000)", "20,000", "$0.27 ($0.20–$0.30)"),
            *("30.0\u00a0min (15.0\u00a0min–37.5\u00a0min)", "0 (0–600)"),
            "as 2 answers so far, whose tokens nobody counted: lengths are guessed",
        ),
        (
            "free",
            *("1,000", "100,000", "80,000", "not known", "not known", "not known"),
            "no answer yet: lengths are guessed",
        ),
    ]


def test_the_terminal_has_a_line_for_each_model() -> None:
    assert list(summary(preview())) == [
        "  mini               1,000 requests to go · $0.27 ($0.20–$0.30) · 30.0\u00a0min (15.0\u00a0min–37.5\u00a0min) with "
        "4 engines · 0 (0–600) lost · 0 of 1 answers here with a problem",
        "  free               1,000 requests to go · cost not known (no price) · 1 of 1 answers here with a problem",
    ]


def test_another_question_is_shown_as_it_was_put_and_answered() -> None:
    page = render(preview())
    assert '<p class="text asked" dir="auto">Passage:\nسافر إلى 👍🏽</p>' in page
    assert '<pre class="raw" dir="auto">{&#34;score&#34;: 3}</pre>' in page
    assert "<strong>looped</strong>: the answer repeats itself to its end; what stands before is kept" in page
    assert "&lt;i&gt;بلا نهاية" in page
    assert f"… and {len(LONG) - 1500:,} more characters" in page
    assert "2,348 tokens in 2 attempts" in page
    assert "<mark" not in page, "nothing was looked for"
    assert "It is not settled yet" not in page
    assert "It was guessed, before selection: all." in render(preview(guess="before selection: all"))


@pytest.mark.parametrize(
    ("limit", "left", "sentence"),
    [
        (Budget(), Budget(), "No budget limits it (rate.budget)."),
        (
            Budget(usd=20),
            Budget(usd=0.5),
            "rate.budget.usd=20 leaves $0.50 and the rest would take $0.27: that should be enough.",
        ),
        (
            Budget(tokens=1_000_000),
            Budget(tokens=200_000),
            "rate.budget.tokens=1000000 leaves 200,000 and the rest would take 300,000: the job would stop before its end.",
        ),
    ],
)
def test_a_budget_is_set_beside_what_the_rest_would_take(limit: Budget, left: Budget, sentence: str) -> None:
    assert budget(preview(budget=limit, left=left)) == sentence
