"""Human-annotated sentences as the web writes them: the sets are tokenised (`Google 's ( GOOG )`), the web is not.

A text is rewritten by edits (start, end, what stands there instead) and its spans are moved along, so that the text of
a span is still the mention. An edit that a span would begin or end inside is not made. What is joined: clitics, closing
and opening marks, quotes in pairs, hashes, slashes, figures; in Portuguese the contractions that its set takes apart.
Half of the texts get typographic apostrophes and quotes. Then some names get endings or elisions (`bench/endings.py`).
"""

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import endings
from annotated import Gold, Passage
from endings import APOSTROPHES

from finerweb.text.spans import Span

TYPOGRAPHIC = 0.5  # share of the texts
CURLED = {"heb": "׳"}  # its apostrophe is a geresh; elsewhere ’
# Quotation marks of CLDR's `delimiters`; “ ” where nothing is stated.
QUOTES = dict.fromkeys(("deu", "ekk", "hrv", "srp", "slk"), "„“")
QUOTES |= dict.fromkeys(("hun", "ron"), "„”")
QUOTES |= dict.fromkeys(("fin", "swe"), "””")
QUOTES |= dict.fromkeys(("nob", "nno", "kaz", "rus", "ell", "lvs"), "«»")


class Edit(NamedTuple):
    """What stands instead of a piece of the text."""

    start: int
    end: int
    text: str


# A mark that closes: nothing but a space, the end or another mark follows it (`.com`, `:)` stay as they are).
CLOSING = re.compile(r"[ ]+(?=[,;!?)\]}…、。，；：！？؛،؟।።፣፤](?:\W|$)|\.(?:\s|$|[\"'”’)»])|:(?:\s|$))")
OPENING = re.compile(r"(?<![^\s(\[\"“„«])[(\[{¿¡][ ]+|(?<!\S)[@#][ ]+(?=\w)")
SLASH = re.compile(r"(?<=\w)[ ]/[ ](?=\w)")
# 2 , 000; 10 : 30; CAC - 40.
FIGURES = re.compile(r"(?<=\d)[ ],[ ](?=\d{3}\b)|(?<=\d)[ ]:[ ](?=\d\d\b)|(?<=[A-Z]{2})[ ]-[ ](?=\d)")
QUOTE = re.compile(r"(?<!\S)[\"“”„«»](?!\S)")
SINGLE = re.compile(rf"(?<!\S)[{APOSTROPHES}](?!\S)")
# Iverson 's, I ' ve, ca n't; O 'Brien, Palme d 'Or.
ENGLISH = (
    re.compile(rf"(?<=\w)[ ](?=[{APOSTROPHES}](?:s|m|re|ve|d|ll|t)\b)", re.IGNORECASE),
    re.compile(rf"(?<=\w)[ ][{APOSTROPHES}][ ](?=(?:s|m|re|ve|d|ll|t)\b)"),
    re.compile(rf"(?<=\w)[ ](?=n[{APOSTROPHES}]t\b)", re.IGNORECASE),
    re.compile(rf"(?<=\b[OodDlL])[ ](?=[{APOSTROPHES}][^\W\d_])"),
)
# l' Italie, dell' Etna.
ELIDED = re.compile(rf"\b(?:[cdjlmnst]|qu|un|(?:d[ae]|ne|a|su)ll)[{APOSTROPHES}][ ](?=\w)", re.IGNORECASE)
# Cunha and Cintra, Nova Gramática do Português Contemporâneo: preposition and article, demonstrative or pronoun.
CONTRACTED = {"de": "d", "em": "n", "por": "pel", "a": "a"}
CONTRACTION = re.compile(
    r"\b(?:(?P<both>de|em) (?P<word>os?|as?|ess[ea]s?|est[ea]s?|aquel[ea]s?|el[ea]s?|isso|isto|aquilo)"
    r"|(?P<only>por|a) (?P<article>os?|as?))\b",
    re.IGNORECASE,
)


def glued(passage: Passage, language: str, drawn: random.Random) -> Passage:
    """The text as its language writes it on the web, with what is marked; marks without a letter or digit are left."""
    curled = CURLED.get(language, "’") if drawn.random() < TYPOGRAPHIC else None
    named = [gold for gold in passage.gold if any(character.isalnum() for character in passage.mention(gold))]
    result = endings.bare(passage._replace(gold=named), language)
    result = rewritten(result, [*_joints(result.text, language), *_quotes(result.text, language, curled)])
    result = rewritten(result, [Edit(end, end, ending) for end, ending in endings.added(result, language, drawn)])
    if curled:
        apostrophes = re.finditer(r"(?<=\w)'(?=\w)|(?<=[sxzß])'(?=\s)", result.text)
        result = rewritten(result, [Edit(match.start(), match.end(), curled) for match in apostrophes])
    return result


def rewritten(passage: Passage, edits: Sequence[Edit]) -> Passage:
    """The text with these edits, and the spans moved along; what reaches into another edit or a span's end is left.

    What is inserted where a span ends is outside it, as is what is inserted where it starts.
    """
    bounds = sorted({bound for gold in passage.gold for bound in gold.span})
    chosen: list[Edit] = []
    for edit in sorted(set(edits)):
        is_apart = not chosen or edit.start >= chosen[-1].end
        if is_apart and not any(edit.start < bound < edit.end for bound in bounds):
            chosen.append(edit)
    pieces, position = [], 0
    for edit in chosen:
        pieces += [passage.text[position : edit.start], edit.text]
        position = edit.end
    text = "".join([*pieces, passage.text[position:]])
    gold = [Gold(Span(_start(span.start, chosen), _end(span.end, chosen)), label) for span, label in passage.gold]
    return Passage(text, gold)


def _start(position: int, edits: Sequence[Edit]) -> int:
    return position + sum(len(edit.text) - edit.end + edit.start for edit in edits if edit.end <= position)


def _end(position: int, edits: Sequence[Edit]) -> int:
    return position + sum(len(edit.text) - edit.end + edit.start for edit in edits if edit.start < position)


def _joints(text: str, language: str) -> Iterator[Edit]:
    """Spaces that a tokenizer put in, and contractions that it took apart."""
    own = ENGLISH if language == "eng" else (ELIDED,) if language in endings.ELISIONS else ()
    for pattern in (CLOSING, OPENING, SLASH, FIGURES, *own):
        for match in pattern.finditer(text):
            yield from _without_spaces(match)
    if language == "por":
        for match in CONTRACTION.finditer(text):
            yield Edit(match.start(), match.end(), _contracted(match))


def _without_spaces(match: re.Match[str]) -> Iterator[Edit]:
    for space in re.finditer(r"[ ]+", match.group()):
        yield Edit(match.start() + space.start(), match.start() + space.end(), "")


def _contracted(match: re.Match[str]) -> str:
    """`de o` is do, `em a` na, `por os` pelos, `a a` à; as large as the preposition was."""
    preposition, word = match.group().split()
    contracted = CONTRACTED[preposition.lower()] + word.lower()
    if contracted.startswith("aa"):
        contracted = "à" + contracted[2:]
    return contracted.capitalize() if preposition[0].isupper() and not match.group().isupper() else contracted


def _quotes(text: str, language: str, curled: str | None) -> Iterator[Edit]:
    """Quotes that stand alone, in pairs: the first of two opens. A single one after a name in s is its possessive."""
    double = QUOTES.get(language, "“”")
    singles = list(SINGLE.finditer(text)) if language != "eng" or len(SINGLE.findall(text)) % 2 == 0 else []
    for matches, marks in ((list(QUOTE.finditer(text)), double), (singles, "‘’")):
        for opening, closing in zip(matches[::2], matches[1::2], strict=False):
            opens, closes = (marks[0], marks[1]) if curled else (opening.group(), closing.group())
            yield Edit(opening.start(), opening.end() + text.startswith(" ", opening.end()), opens)
            yield Edit(closing.start() - text.endswith(" ", 0, closing.start()), closing.end(), closes)
    if language == "eng" and not singles:
        for match in re.finditer(rf"(?<=s)[ ](?=[{APOSTROPHES}] )", text):
            yield Edit(match.start(), match.end(), "")
