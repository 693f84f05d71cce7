"""What the data card says of a data set's weaknesses."""

from finerweb.report.weaknesses import Evidence, sentences

EVERY_SPLIT = ("train", "validation", "test")


def test_each_weakness_is_a_sentence() -> None:
    evidence = Evidence(
        languages=["deu", "eng", "tha"],
        splits={"deu": EVERY_SPLIT, "eng": EVERY_SPLIT, "tha": ["train"]},
        labels={"deu": 4, "eng": 5, "tha": 2},
        unnamed={"deu": 1, "eng": 0, "tha": 2},
        graded=["deu", "eng"],
        audited=0,
        lost={"a": {"deu": 0.0, "eng": 0.02, "tha": 0.1}, "b": {"deu": 0.0}},
        unlicensed=1200,
    )
    assert list(sentences(evidence)) == [
        "3 of 11 labels have no name in their language: the English one stands in, in the `target` variants too.",
        "No label has a name of its own in 1 of 3 languages (`tha`).",
        "Of the mentions that `a` named, 4.0 % have no place in their passage and are left out (mean over the "
        "languages); most in `tha` (10.0 %), `eng` (2.0 %).",
        "No judge graded 1 of 3 languages (`tha`).",
        "No person has checked a sample of it.",
        "There is no split `validation` in 1 of 3 languages (`tha`): too few documents.",
        "There is no split `test` in 1 of 3 languages (`tha`): too few documents.",
        "The source states no licence for 1,200 documents.",
    ]


def test_what_is_not_weak_is_not_said() -> None:
    nothing = Evidence([], {}, {}, {}, [], 1, {}, 0)
    assert list(sentences(nothing)) == []
    evidence = Evidence(["eng"], {"eng": EVERY_SPLIT}, {"eng": 5}, {"eng": 0}, ["eng"], 3, {"a": {"eng": 0.0}}, 0)
    assert list(sentences(evidence)) == []


def test_where_no_language_is_graded_none_is_listed() -> None:
    evidence = Evidence(["eng", "tha"], {"eng": EVERY_SPLIT, "tha": EVERY_SPLIT}, {}, {}, [], 3, {}, 0)
    assert list(sentences(evidence)) == ["No judge graded any language."]
