"""Real spaCy pipelines: what they find and where, how their labels read, how long texts are cut, and what is refused."""

import re
import sys
from pathlib import Path

import pytest

from finerweb.errors import BadModel, BadSettings, NotInstalled
from finerweb.taggers import Tagger, spacy
from finerweb.text.tags import Tag

library = pytest.importorskip("spacy", reason="spaCy is not installed")
TEXT = "👍🏽 Ola Berg said: Cairo 🇪🇬 is in Egypt, Cairo is."


@pytest.fixture(scope="module")
def ginza() -> Tagger:
    if "ja_ginza" not in library.util.get_installed_models():
        pytest.skip("ja_ginza is not installed")
    return spacy.load("ja_ginza")


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that knows three names by heart."""
    pipeline = library.blank("en")
    names = {"Ola Berg": "PERSON", "Cairo": "GPE", "Egypt": "Country_Other"}
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": name} for name, label in names.items()])
    folder = tmp_path_factory.mktemp("pipelines") / "ruled"
    pipeline.to_disk(folder)
    return folder


def surfaces(text: str, tags: list[Tag]) -> list[tuple[str, str]]:
    return [(text[tag.start : tag.end], tag.label) for tag in tags]


def test_a_folder_is_a_tagger_of_fixed_labels(ruled: Path) -> None:
    tagger = spacy.load(str(ruled))
    assert tagger.labels == ("country", "geopolitical entity", "person")
    assert (tagger.name, tagger.threshold) == ("en_pipeline-0.0.0", 0.5)
    ((*tags,), nothing) = tagger.tag([TEXT, ""], tagger.labels, least=0.5)
    assert nothing == []
    assert surfaces(TEXT, tags) == [
        ("Ola Berg", "person"),
        ("Cairo", "geopolitical entity"),
        ("Egypt", "country"),
        ("Cairo", "geopolitical entity"),
    ]
    assert tags[0] == Tag(3, 11, "person", 1.0)
    assert {tag.score for tag in tags} == {1.0}


def test_only_labels_that_are_asked_for_are_tagged(ruled: Path) -> None:
    tagger = spacy.load(str(ruled), name="mine", labels={"GPE": "city"})
    assert tagger.name == "mine"
    assert surfaces(TEXT, tagger.tag([TEXT], ["city", "river"], least=1.0)[0]) == [("Cairo", "city"), ("Cairo", "city")]
    assert tagger.tag([TEXT], ["city"], least=1.1) == [[]]


def test_ginza_tags_japanese_beside_emoji(ginza: Tagger) -> None:
    text = "😀東京都の山田太郎は2020年に👍🏽トヨタで働いた。"
    assert surfaces(text, ginza.tag([text], ginza.labels, least=0.5)[0]) == [
        ("東京都", "province"),
        ("山田太郎", "person"),
        ("2020年", "date"),
        ("トヨタ", "company"),  # GiNZA's own span begins with the skin tone of the emoji before it
    ]


def test_texts_that_sudachi_refuses_are_read_in_pieces(tmp_path: Path) -> None:
    """With the tokenizer of Japanese alone, whose limit is 49,149 bytes: GiNZA would take minutes."""
    pytest.importorskip("sudachipy", reason="SudachiPy is not installed")
    pipeline = library.blank("ja")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "東京"}])
    pipeline.to_disk(tmp_path / "ja")
    text = "。\n" * 13_000 + "山田は東京に住む。\n"
    with pytest.raises(Exception, match="49149"):
        pipeline(text)
    (tags,) = spacy.load(str(tmp_path / "ja"), labels={"GPE": "city"}).tag([text], ["city"], least=0.5)
    assert tags == [Tag(26_003, 26_005, "city", 1.0)]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("", []),
        ("short", [5]),
        ("a" * 30_000 + "\n" + "b. " * 6000, [30_001, 48_001]),  # a line's end, though sentences end later
        ("a" * 30_000 + ". " + "b " * 9000, [30_002, 48_002]),
        ("a" * 30_000 + " " + "b" * 20_000, [30_001, 50_001]),
        ("🏽" * 12_001, [12_000, 12_001]),  # four bytes each, and nowhere to cut
        ("a\n" + "b" * 48_000, [48_000, 48_002]),  # a line's end in the first half would make many short pieces
    ],
)
def test_pieces_tile_a_text_and_end_where_lines_and_sentences_do(text: str, ends: list[int]) -> None:
    pieces = list(spacy.cut(text))
    assert [piece.end for piece in pieces] == ends
    assert "".join(text[piece.start : piece.end] for piece in pieces) == text
    assert all(len(text[piece.start : piece.end].encode()) <= spacy.LONGEST for piece in pieces)


@pytest.mark.parametrize(
    ("label", "english"),
    [
        ("PER", "person"),
        ("WORK_OF_ART", "work of art"),
        ("DATE", "date"),  # explained at length
        ("NUM", "numeral"),  # explained in a word
        ("Sports_Organization_Other", "sports organization"),
        ("N_Person", "number of people"),
        ("phone-number", "phone number"),
        ("人名", "人名"),
        ("_", "_"),
    ],
)
def test_labels_are_put_into_natural_english(label: str, english: str) -> None:
    assert spacy.natural(label) == english


def test_a_pipeline_that_is_not_there_is_an_error_that_lists_those_that_are(tmp_path: Path) -> None:
    installed = ", ".join(sorted(library.util.get_installed_models())) or "none"
    way_out = "Install it (python -m spacy download NAME; for ja_ginza: pip install ja-ginza), on every executor"
    wanted = f"wanted a folder that spaCy saved, or one of those installed here: {installed}. {way_out}"
    for model, fault in [
        ("en_core_web_xx", "neither a package nor a folder of that name"),
        (str(tmp_path), "a folder without config.cfg"),
    ]:
        with pytest.raises(BadModel) as failed:
            spacy.load(model)
        assert str(failed.value) == f"spaCy pipeline {model}: found {fault}, {wanted}"


def test_a_pipeline_that_cannot_be_used_is_an_error(ruled: Path, tmp_path: Path) -> None:
    library.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(BadModel, match="found no part that finds entities among none, wanted a pipeline with ner, "):
        spacy.load(str(tmp_path / "blank"))
    (tmp_path / "config.cfg").write_text("[nlp]\n", encoding="utf-8")
    with pytest.raises(
        BadModel, match=rf"^spaCy pipeline {re.escape(str(tmp_path))}: found one that spaCy cannot load"
    ):
        spacy.load(str(tmp_path))
    with pytest.raises(BadSettings, match="found TOWN, wanted some of Country_Other, GPE, PERSON$"):
        spacy.load(str(ruled), labels={"TOWN": "town"})


def test_without_spacy_the_way_to_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)  # as Python marks what cannot be imported
    with pytest.raises(NotInstalled) as failed:
        spacy.load("ja_ginza")
    assert str(failed.value) == "spaCy is not installed. Install it: pip install 'finerweb[spacy]', on every executor"
