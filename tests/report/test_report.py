"""The report, from plain data to a page in a real browser."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from playwright.sync_api import Browser, Page, sync_playwright

from finerweb import settings
from finerweb.report import listings, quality, students
from finerweb.report.findings import Findings
from finerweb.report.highlighting import Mark, highlighted, segments
from finerweb.report.page import render
from finerweb.report.samples import Passage
from finerweb.report.trust import ERRORS_FOUND, GRADES

HOSTILE = '<script>document.title = "run"; alert(1)</script> & "quotes"'
SIZES = ["documents", "rejects", "passages", "annotated", "entities", "label_names", "examples"]
OVER_LONG = "the passage is longer than the encoder reads at once"
ARABIC = "سافر إلى القاهرة يوم الاثنين."
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = "--no-sandbox --disable-background-networking --disable-component-update --disable-sync --no-first-run"


def pieces(text: str, marks: list[Mark]) -> list[tuple[str, list[str]]]:
    return [(segment.text, [mark.label for mark in segment.marks]) for segment in segments(text, marks)]


def test_a_mark_is_cut_out_in_code_points_behind_an_emoji() -> None:
    marks = [Mark(3, 7, "city", "place")]
    assert pieces("👩‍ Oslo 🎉", marks) == [("👩‍ ", []), ("Oslo", ["city"]), (" 🎉", [])]


def test_nested_marks_stand_inside_each_other() -> None:
    university = [Mark(14, 20, "city", "place"), Mark(0, 20, "university", "organization")]
    museum = [Mark(0, 6, "city", "place"), Mark(0, 13, "museum", "building")]
    assert pieces("University of Bergen", university) == [
        ("University of ", ["university"]),
        ("Bergen", ["university", "city"]),
    ]
    assert pieces("Bergen Museum", museum) == [("Bergen", ["museum", "city"]), (" Museum", ["museum"])]


def test_crossing_marks_are_split_and_lose_no_text() -> None:
    marks = [Mark(0, 8, "one", "other"), Mark(4, 12, "two", "other")]
    assert pieces("New York Bay", marks) == [("New ", ["one"]), ("York", ["one", "two"]), (" Bay", ["two"])]


def test_adjacent_marks_and_two_on_one_span_stay_apart() -> None:
    marks = [Mark(2, 4, "b", "other"), Mark(0, 2, "a", "other"), Mark(2, 4, "c", "other")]
    assert pieces("東京大阪", marks) == [("東京", ["a"]), ("大阪", ["b", "c"])]


def test_a_text_without_marks_is_one_segment_and_an_empty_one_none() -> None:
    assert pieces("Oslo", []) == [("Oslo", [])]
    assert pieces("", []) == []


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 5)])
def test_a_mark_that_is_no_place_in_the_text_is_an_error(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"mark 'city' at {start}:{end}; wanted a place in 0:4")):
        segments("Oslo", [Mark(start, end, "city", "place")])


def test_a_label_stands_once_where_its_mark_ends() -> None:
    marks = [Mark(0, 8, 'a "b"', "place"), Mark(4, 12, "two", "other")]
    assert highlighted("New York Bay", marks) == (
        '<mark class="c-place opens">New </mark>'
        '<mark class="c-place" data-label="a &#34;b&#34;"><mark class="c-other opens">York</mark></mark>'
        '<mark class="c-other" data-label="two"> Bay</mark>'
    )


def measured(**changes: Any) -> dict[str, Any]:
    """A row of the table `evaluations`, as the report reads it."""
    row = {"benchmark": f"bench {HOSTILE}", "tagger": HOSTILE, "names": "english", "measure": "tagger", "subset": "all"}
    row |= {"language": "*", "script": "*", "other": "", "texts": 1000, "gold": 1234, "contaminated": 3}
    figures = {"f1": 0.5, "low": 0.45, "high": 0.55, "precision": 0.6, "recall": None, "auprc": 0.4, "threshold": 0.35}
    return {**row, **figures, **changes}


@pytest.fixture(scope="module")
def findings() -> Findings:
    """A run of two languages, whose every name and text is hostile."""
    languages = settings.load_languages()
    volume = {"documents": 2.0, "passages": 3.0, "words": 9.0, "annotated": 1.0, "entities": 2.0, "labels": 1.0}
    gold = {"gold": 4.0, "found": 2.0, "both": 1.0, "precision": 0.5, "recall": 0.25, "f1": 1 / 3}
    hostile = f"Seen in Oslo:\r\n{HOSTILE} 🎉"
    return Findings(
        name=HOSTILE,
        newest=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        lake=HOSTILE,
        dataset=HOSTILE,
        model_name="scorer@champion",
        thresholds=[0.5],
        languages={code: languages[code] for code in ("arb", "eng")},
        sizes=dict.fromkeys(
            ["documents", "rejects", "passages", "annotated", "entities", "label_names", "examples"], 1
        ),
        measures={
            "volume": {"arb": volume, "eng": volume},
            "gold": {"eng": gold},
            "agreement": {"eng": {"entities/exact": 1.0, f"kept/{HOSTILE}": 1.0}},
            "retention": {"eng": {f"{HOSTILE}/found/exact": 1.0}},
            "verdicts": {"eng": {f"{HOSTILE}/{name}": 4.0 for name in (*GRADES, *ERRORS_FOUND)}},
            "judges": {
                "eng": {f"{HOSTILE}/planted": 2.0, f"{HOSTILE}/caught": 1.0},
                "*": {
                    f"{HOSTILE}/planted": 10.0,
                    f"{HOSTILE}/caught": 0.4,
                    f"{HOSTILE}/planted/removed": 8.0,
                    f"{HOSTILE}/caught/removed": 0.5,
                    f"{HOSTILE}/flagged": 0.06,
                    f"{HOSTILE}/swapped": 3.0,
                    f"{HOSTILE}/order/faithfulness": 0.25,
                    f"{HOSTILE}/order/completeness": 0.5,
                },
            },
        },
        scores=[(0.4, 0.45, 2), (0.7, 0.75, 1)],
        names={"arb": {HOSTILE: {"name": HOSTILE, "problem": None}}},
        sample={
            "eng": [Passage(HOSTILE, hostile, 5, 0.7, [Mark(8, 12, HOSTILE, "place")])],
            "arb": [Passage("a#0", ARABIC, 4, None, [Mark(9, 16, "city", "place")])],
        },
        makers=[
            {"question": "ner", "model": HOSTILE, "engine": "lexicon-1", "prompt": "2", "answers": 3, "problems": 1}
            | {"tokens_in": 1, "tokens_out": 1, "usd": 0.5, "is_current": True}
        ],
        losses=[{"table": "completions", "who": HOSTILE, "problem": HOSTILE, "rows": 1, "of": 4}],
        ratings=[{"rater": HOSTILE, "outcome": "3", "rows": 2}, {"rater": HOSTILE, "outcome": HOSTILE, "rows": 1}],
        mentions=[{"annotator": f"$x$ {HOSTILE}", "outcome": "found/exact", "rows": 2}],
        agreement=[{"agreement": "exact", "rows": 2}],
        kept=[{"annotator": HOSTILE, "kept": 2, "lost": 0}],
        labels=[{"canonical": HOSTILE, "coarse": "place", "languages": 2, "mentions": 2}],
        classes=[{"coarse": "place", "labels": 1, "mentions": 2}],
        evaluations=[
            measured(),
            measured(measure="oracle", f1=0.9, auprc=None, threshold=None),
            measured(subset="seen", f1=0.7),
            measured(subset="unseen", f1=0.25, low=None, high=None),
            measured(language="arb", script="Arab", f1=0.4, low=0.3, high=0.5),
            measured(language="arb", script="Arab", measure="oracle", f1=0.8),
            measured(measure="difference", other="gliner", f1=-0.125, low=-0.2, high=0.05),
        ],
        verdicts=[
            {"judge": HOSTILE, "verdicts": 9, "problems": 1, "faithfulness": 4.25, "completeness": 3.5, "entities": 50}
            | {"missing": 3, "extra": 2, "wrong": 1}
        ],
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on PATH")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browser complained about or asked for, the page itself aside."""
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, findings: Findings, complaints: list[str], tmp_path_factory: pytest.TempPathFactory) -> Page:
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_bytes(render(findings).encode())
    opened = browser.new_page()
    opened.on("console", lambda message: complaints.append(f"console: {message.text}"))
    opened.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    opened.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    opened.on("request", lambda request: complaints.append(request.url) if request.url != file.as_uri() else None)
    opened.goto(file.as_uri())
    opened.wait_for_load_state("networkidle")
    return opened


def test_the_page_asks_for_nothing_runs_nothing_and_breaks_nothing(page: Page, complaints: list[str]) -> None:
    assert complaints == []
    assert page.title() == f"{HOSTILE} · finerweb report"
    assert page.locator("script").count() == 0
    assert page.evaluate("[...document.querySelectorAll('*')].every(e => !e.src && !/^http/.test(e.href ?? ''))")


def test_hostile_text_is_seen_as_text(page: Page, findings: Findings) -> None:
    assert page.locator(".text[lang=en]").text_content() == findings.sample["eng"][0].text
    assert HOSTILE in page.locator(".text[lang=en]").inner_text()
    assert page.locator("h1").inner_text() == HOSTILE
    assert any(HOSTILE in text for text in page.locator("svg text").all_text_contents())


def test_a_label_is_shown_after_its_entity_and_is_no_part_of_the_text(page: Page) -> None:
    shown = page.evaluate("getComputedStyle(document.querySelector('[dir=rtl] mark'), '::after').content")
    assert shown == '"city"'
    assert page.locator("[dir=rtl] mark").inner_text() == "القاهرة"


def test_an_arabic_passage_runs_from_right_to_left(page: Page) -> None:
    assert page.evaluate("getComputedStyle(document.querySelector('.text[lang=ar]')).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.querySelector('.text[lang=en]')).direction") == "ltr"
    assert page.locator(".text[lang=ar]").text_content() == ARABIC


def test_no_two_elements_of_the_page_have_one_id(page: Page) -> None:
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert sorted(ids) == sorted(set(ids))
    wanted = page.evaluate(
        "[...document.querySelectorAll('[clip-path]')].map(e => e.getAttribute('clip-path').slice(5, -1))"
    )
    assert wanted
    assert set(wanted) <= set(ids)


def test_the_page_is_never_wider_than_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_lexicon_is_warned_of_and_a_model_is_not(findings: Findings) -> None:
    warning = "Do not publish or train on this data"
    assert warning in render(findings)
    assert warning not in render(replace(findings, makers=[{**findings.makers[0], "engine": "vllm-1"}]))


def test_a_run_that_found_nothing_has_a_report() -> None:
    page = render(
        Findings(
            name="n",
            newest=None,
            lake="l",
            dataset="d",
            model_name="scorer@champion",
            languages={},
            sizes=dict.fromkeys(SIZES, 0),
        )
    )
    assert "No model is registered as <code>scorer@champion</code>" in page
    assert "No passage is annotated" in page
    assert "nothing to compare" in page
    assert "No student has been measured." in page


def cells(page: str, caption: str) -> list[list[str]]:
    """The rows of the table under a caption that begins so."""
    table = page[page.index(f'<p class="caption">{caption}') :].partition("</table>")[0]
    body = table.partition("<tbody>")[2]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in body.split("</tr>") if "<td" in row]


def test_every_row_has_a_cell_for_each_column(findings: Findings) -> None:
    made = {**listings.every(findings), **quality.listings(findings), **students.listings(findings)}
    assert {name: {len(row) for row in listing.rows} - {len(listing.columns)} for name, listing in made.items()} == {
        name: set() for name in made
    }


def test_what_was_lost_says_what_each_problem_means(findings: Findings) -> None:
    lost = [("rejects", "web", "invalid_utf8"), ("completions", "ner / a", "over_long"), ("scores", "s/1", "over_long")]
    rows = [{"table": table, "who": who, "problem": problem, "rows": 1, "of": 4} for table, who, problem in lost]
    none = {"table": "verdicts", "who": "j / plain", "problem": None, "rows": 0, "of": 7}
    assert cells(render(replace(findings, losses=[*rows, none])), "Losses by stage") == [
        ["records read from a source", "web", "invalid_utf8", "the line is not valid UTF-8", "1", "4", "25.0\u00a0%"],
        ["answers", "ner / a", "over_long", "the request is longer than the model can read", "1", "4", "25.0\u00a0%"],
        ["passages to be scored", "s/1", "over_long", OVER_LONG, "1", "4", "25.0\u00a0%"],
        ["passages to be judged", "j / plain", "none lost", "", "0", "7", "0.0\u00a0%"],
    ]


def test_no_grade_is_shown_without_what_the_judge_caught(findings: Findings) -> None:
    page = render(findings)
    name = str(escape(HOSTILE))
    assert "How far can these grades be trusted?" in page
    assert cells(page, "Mean grades over passages") == [
        [name, "9", "1", "4.25", "3.50", "40.0\u00a0% (17–69)", "10", "6.0\u00a0%", "50", "3", "2", "1"]
    ]
    assert cells(page, "Planted errors by kind") == [[name, "an entity left out", "50.0\u00a0% (22–78)", "8"]]
    assert cells(page, "How far two grades") == [[f"{name}, list in reverse order", "3", "0.25", "0.50"]]
    assert cells(page, "Mean grades of the language") == [
        ["English", name, "4.00", "4.00", "100.0\u00a0% (34–100)", "2", "4.00", "4.00", "4.00"]
    ]


def test_grades_of_a_judge_without_planted_errors_are_not_to_be_trusted(findings: Findings) -> None:
    page = render(replace(findings, measures={**findings.measures, "judges": {}}))
    assert "<strong>How far these grades can be trusted is not known</strong>" in page
    assert cells(page, "Mean grades over passages")[0][5:7] == ["not known", "0"]


def test_what_auditors_found_stands_there_with_its_intervals(findings: Findings) -> None:
    assert "Nobody has looked yet." in render(findings)
    shares = {"span": 0.9, "type": 0.8, "both": 0.72, "completeness": 0.5}
    values = {
        f"{name}{end}": value + by
        for name, value in shares.items()
        for end, by in (("", 0), ("/low", -0.1), ("/high", 0.1))
    }
    looked = {"audited": 50.0, "passages": 5.0, **values}
    judged = {f"judge {HOSTILE}/compared": 40.0, f"judge {HOSTILE}/agrees": 0.75, f"judge {HOSTILE}/alarms": 0.25}
    audit = {"eng": {"audited": 2.0, "span": 0.0, "span/low": 0.0, "span/high": 0.66}, "*": {**looked, **judged}}
    page = render(replace(findings, measures={**findings.measures, "audit": audit}))
    assert "Nobody has looked yet." not in page
    shown = ["90.0\u00a0% (80–100)", "80.0\u00a0% (70–90)", "72.0\u00a0% (62–82)", "5", "50.0\u00a0% (40–60)"]
    assert cells(page, "What people found right") == [
        ["all of them", "50", *shown],
        ["English", "2", "0.0\u00a0% (0–66)", "–", "–", "0", "–"],
    ]
    assert cells(page, "Judges against people") == [[str(escape(HOSTILE)), "40", "75.0\u00a0%", "–", "25.0\u00a0%"]]


def test_students_stand_there_with_their_intervals_and_what_is_best_possible(findings: Findings) -> None:
    page = render(findings)
    name, bench = str(escape(HOSTILE)), str(escape(f"bench {HOSTILE}"))
    assert "No student has been measured." not in page
    assert cells(page, "F1 of start, end and label") == [
        [
            *(bench, name, "english", "1,000", "1,234", "0.50 (0.45 to 0.55)", "0.60", "–", "0.40"),
            *("0.70", "–", "0.25", "–", "3", "0.90", "0.35"),
        ]
    ]
    assert cells(page, "How much better") == [[bench, name, "gliner", "1,000", "-0.12", "-0.20 to +0.05"]]
    assert cells(page, "F1 by language") == [[bench, "Arabic", "Arab", name, "1,000", "0.40 (0.30 to 0.50)", "0.80"]]


def test_a_tagger_without_an_interval_has_its_place_in_the_plot(findings: Findings) -> None:
    alone = [measured(low=None, high=None), measured(f1=None, low=None, high=None, benchmark="nothing in it")]
    svg = str(students.plot(replace(findings, evaluations=alone)))
    assert "best possible" in svg
    assert "nothing in it" not in svg
    assert not students.plot(replace(findings, evaluations=[]))
