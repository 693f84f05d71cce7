"""What README.md and docs/ say to type, set and write is so: commands, options, settings, recipes, arithmetic."""

import doctest
import importlib
import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import generated
import pytest
import yaml
from babel import Locale
from pyspark.sql import SparkSession
from three_passages import fill

from finerweb import engines, metrics, questions, settings
from finerweb.__main__ import _command
from finerweb.engines import Request, Spec
from finerweb.errors import Unreadable
from finerweb.lake import Lake
from finerweb.tables import entities
from finerweb.text import segment

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"(?:^|`|/)finerweb ((?!run_)[a-z]\w*[^`\n]*)", re.MULTILINE)
ANCHOR = re.compile(r"\]\(([\w./]*\.md)?#([\w-]+)\)")


def names(path: Path) -> str:
    return path.name


def fences(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def typed(page: Path) -> Iterator[list[str]]:
    """The commands of a page as a shell would split them, without their comments."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in TYPED.findall(text):
        yield shlex.split(line.partition(" | ")[0].partition(" > ")[0], comments=True)


def overrides(words: list[str]) -> list[str]:
    return [value for option, value in pairwise(words) if option == "--set"]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_options_that_a_page_names_are_there(page: Path) -> None:
    missing = []
    for command, *words in typed(page):
        options = {option for parameter in _command(command, "").params for option in parameter.opts} | {"--help"}
        missing += [f"{command} {word}" for word in words if word.startswith("--") and word not in options]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_settings_that_a_page_names_are_there(page: Path) -> None:
    """Raises BadSettings, which names the setting."""
    commands = [*typed(page), *map(shlex.split, re.findall(r'ARGS="([^"]*)"', page.read_text(encoding="utf-8")))]
    for words in commands:
        settings.load(None, [text for text in overrides(words) if text != "key=value"])


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_targets_that_a_page_names_are_there(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert (
        set(re.findall(r"(?:^|`)make ([a-z][\w-]*)", page.read_text(encoding="utf-8"), re.MULTILINE)) - targets == set()
    )


@pytest.mark.parametrize("page", [page for page in PAGES if fences(page, "yaml")], ids=names)
def test_settings_files_of_a_page_are_settings(page: Path, tmp_path: Path, recipe_engine: str) -> None:
    """Those that begin with a file's name; raises BadSettings, which names the setting."""
    files = [text for text in fences(page, "yaml") if re.match(r"# \w+\.yml\n", text)]
    for text in files:
        path = tmp_path / "my.yml"
        path.write_text(text, encoding="utf-8")
        settings.load(str(path))
    assert files


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_anchors_lead_to_a_heading(page: Path) -> None:
    lost = []
    for file, anchor in ANCHOR.findall(page.read_text(encoding="utf-8")):
        target = page.parent / file if file else page
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        lost += [] if anchor in slugs else [f"{file}#{anchor}"]
    assert lost == []


def test_every_page_is_in_the_index_once() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = [
        line
        for block in re.findall(r"^```{toctree}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if line and not line.startswith(":")
    ]
    assert sorted(listed) == [page.stem for page in PAGES[1:] if page.stem != "index"]


def test_readme_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.stem for page in PAGES[1:] if f"(docs/{page.name}" not in text and page.stem != "index"] == []


def test_readme_has_two_screens() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("\n") <= 110


def test_the_dictionary_is_what_the_tables_say() -> None:
    assert generated.DICTIONARY.read_text(encoding="utf-8") == generated.dictionary(), "old: run make docs"


def test_the_notebooks_of_the_page_are_those_that_are_there() -> None:
    text = (DOCS / "notebooks.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb\)", text)) == sorted(
        path.stem for path in ROOT.glob("notebooks/*.ipynb")
    )


def test_the_arithmetic_of_costs_is_right() -> None:
    page = DOCS / "cost_and_scale.md"
    # A fence ends an example's output as an empty line would.
    text = "\n".join("" if line.startswith("```") else line for line in page.read_text(encoding="utf-8").split("\n"))
    reports: list[str] = []
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert doctest.DocTestRunner(verbose=False).run(test, out=reports.append).attempted > 20
    assert "".join(reports) == ""


def recipe(page: str, folder: Path, name: str, package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The code of a page as a file of a package, where it is found by its name as any other."""
    folder.joinpath(f"{name}.py").write_text(fences(DOCS / page, "python")[0], encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    importlib.invalidate_caches()
    return importlib.import_module(f"{package.__name__}.{name}")


@pytest.fixture
def recipe_engine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> str:
    recipe("add_an_engine.md", tmp_path_factory.mktemp("engine"), "capitals", engines, monkeypatch)
    return "capitals"


def test_the_engine_of_the_recipe_answers(recipe_engine: str) -> None:
    engine = engines.load(Spec.from_options(recipe_engine, {"type": "word"}))
    payload = {"text": "Ada saw Rome.", "language": "English", "locale": "en"}
    requests = [Request(name, name, "eng", "", "", {}, payload) for name in ("ner", "judge")]
    named, refused = engine.answers(requests)
    assert json.loads(named.text) == {
        "entities": [{"mention": "Ada", "type": "word"}, {"mention": "Rome", "type": "word"}]
    }
    assert refused.problem == "refused"


def test_the_question_of_the_recipe_is_asked_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe("add_a_question.md", tmp_path, "mood", questions, monkeypatch)
    mood = questions.load("mood")
    assert "mood" in questions.of_budget("annotate.budget")
    assert mood.prompt({"language": "English", "text": "Hurrah!"}) == "Language: English\nPassage:\nHurrah!"
    assert mood.parse('At first I thought {"mood": "sad"}, but: {"mood": "joyful"}') == "joyful"
    with pytest.raises(Unreadable, match="no mood in the answer"):
        mood.parse("Hurrah!")


def test_the_metric_of_the_recipe_measures(
    spark: SparkSession, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = recipe("add_a_metric.md", tmp_path, "lengths", metrics, monkeypatch)
    fill(lake)
    rows = metric.measure(lake.read(entities.TABLE)).orderBy("language", "detail").collect()
    assert [tuple(row) for row in rows] == [
        ("longest", "eng", 10.0),
        ("mean", "eng", 5.25),
        ("longest", "tha", 7.0),
        ("mean", "tha", 7.0),
    ]


def test_the_language_of_the_recipe_is_taken_by_every_tool(tmp_path: Path) -> None:
    [line] = fences(DOCS / "add_a_language.md", "yaml")
    path = tmp_path / "my.yml"
    path.write_text(line, encoding="utf-8")
    language = settings.load(str(path)).languages["nno"]
    assert Locale.parse(language.locale).english_name == "Norwegian Nynorsk"
    text = "Ho bur i Bergen. Han er frå Voss."
    assert [text[start:end] for start, end in segment.sentences(text, language.locale)] == [
        "Ho bur i Bergen. ",
        "Han er frå Voss.",
    ]
    assert set(language.detect) >= {segment.language(text).code}


def test_yaml_of_the_docs_names_no_key_twice() -> None:
    assert all(yaml.safe_load(text) is not None for page in PAGES for text in fences(page, "yaml"))


def test_what_is_not_there_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```\nfinerweb plan --conf my.yml --nope\n```\n`finerweb run --set no.such=1`\n", encoding="utf-8")
    assert list(typed(page)) == [["plan", "--conf", "my.yml", "--nope"], ["run", "--set", "no.such=1"]]
    with pytest.raises(AssertionError, match="plan --nope"):
        test_options_that_a_page_names_are_there(page)
    with pytest.raises(Exception, match="no.such"):
        test_settings_that_a_page_names_are_there(page)
