"""Sentences of languages and lines that sentencex is slow in: the same as its own, and no text is too much for it."""

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sentencex

from finerweb.text import danish, segment, stops

DANISH = [
    "Han bor bl.a. i Kbh. K. Det var d. 5. maj kl. 8. Så kom Hr. Hansen.\nHr. J. Nielsen gik.",
    "B. T. skrev det. H. L. Hansen så det! og gik? Nej. 'Ja.' sagde han. \"Nej.\" Sådan.",
    "Se nr. 5, s. 7, m.v., Danmark. f.eks. Århus (jf. Lov nr. 3). GfK for B.T. er. Ål.",
    "1. Første. 2. maj\n2. Anden.\n\n3. Tredje.\n a. ål\n b. øl [1] Ny. Ikke ... men. Jo... Ja. 12. Ældre.",
    "Ph.d. Jensen. www.dr.dk. kl. 12. Mødet.",
]
CATALAN = [
    'El Sr. Puig va venir. Viu al c. Major núm. 5, pàg. 3. «Vine.» va dir. Dr. J. Pla.\nà. "Sí." I no.',
    "L'any 1980. pàg. 3. Av. Diagonal, s. XX. 1. Un.\n2. Dos! tres? Quatre.",
]

LETTERS = {
    "zh": "他走进房间看见了一只猫的北京",
    "ja": "東京は日本のカタカナ首都です",
    "th": "กรุงเทพมหานครเป็น",
    "km": "ភ្នំពេញជារាជធានី",
}
SIGNS = [*"。！？….」「『』（）()\"'“”《》，、 \n\u3000", "\n\n", "A", "B.", " B. ", "1.", "a", "Dr.", "Yahoo!", "?!", "[1]", "①", "e.g.", "C.，"]  # fmt: skip


def plain(text: str, locale: str) -> list[int]:
    """Where sentences start, by sentencex alone."""
    starts, position = {0}, 0
    for part in sentencex.segment(locale, text):
        start = text.find(part, position) if part.strip() else -1
        if start >= 0:
            position = start + len(part)
            if text[:start].strip():
                starts.add(position - len(part.lstrip()))
    return sorted(starts)


def cut(text: str, locale: str) -> list[int]:
    return [sentence.start for sentence in segment.sentences(text, locale)]


def lines(seed: int) -> Iterator[tuple[str, str]]:
    """Long lines in scripts without spaces, with quotes, initials, numbers and other signs in them."""
    chance = random.Random(seed)
    for locale, letters in LETTERS.items():
        for share in (0.005, 0.05, 0.2):
            signs = [chance.choice(SIGNS) if chance.random() < share else chance.choice(letters) for _ in range(3000)]
            yield locale, chance.choice(["", "", "IBM", "x", "“"]) + "".join(signs)


@pytest.mark.parametrize(("locale", "text"), [*(("da", text) for text in DANISH), *(("ca", text) for text in CATALAN)])
def test_danish_and_catalan_have_the_sentences_of_sentencex(locale: str, text: str) -> None:
    assert cut(text, locale) == plain(text, locale)


@pytest.mark.parametrize(("code", "locale"), [("dan", "da"), ("cat", "ca")])
def test_real_danish_and_catalan_too(shared: Path, code: str, locale: str) -> None:
    with gzip.open(shared / "data" / "documents" / "real_sample.jsonl.gz") as records:
        texts = [record["text"] for record in map(json.loads, records) if record["language"] == code]
    with gzip.open(shared / "data" / "documents" / "dev_docs.jsonl.gz") as records:
        texts += [record["text"] for record in map(json.loads, records) if record["language"] == code][:9]
    assert len(texts) >= 9
    for text in texts:
        assert cut(text, locale) == plain(text, locale)


def test_danish_abbreviations_are_those_that_sentencex_knows() -> None:
    others = ["hus", "og", "bil", "aa", "cpr", "x", "zz", "sagen", "maj", "juni"]
    listed = [word for word in [*danish.ABBREVIATIONS, *others] if len(sentencex.segment("da", f"x {word}. X")) == 1]
    assert sorted(listed) == sorted(danish.ABBREVIATIONS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_long_lines_have_the_sentences_of_sentencex(seed: int) -> None:
    for locale, text in lines(seed):
        assert cut(text, locale) == plain(text, locale)


def test_no_line_that_sentencex_reads_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks back to the last break for every stop, so that a line without one takes it quadratic time."""
    runs: list[int] = []
    real = sentencex.segment

    def counting(locale: str, text: str) -> list[str]:
        runs.append(max(map(len, re.split(r"[\s./]", text))))
        return list(real(locale, text))

    monkeypatch.setattr(stops.sentencex, "segment", counting)
    for locale, letters in LETTERS.items():
        assert cut(f"{letters}。" * 3000, locale)[1:3] == [len(letters) + 1, 2 * len(letters) + 2]
    assert max(runs) <= 2 * stops.STEP


@pytest.mark.parametrize("text", ["I\u00a0. X", "x A\n\u2028. Og", "B\u3000. 他", "'' I\xa0.", "Y\x85\x85.\u2028"])
@pytest.mark.parametrize("locale", ["en", "da", "zh"])
def test_an_initial_before_an_odd_space_is_no_panic(locale: str, text: str) -> None:
    assert cut(text, locale)[0] == 0
