"""Where names may begin and end in a text, by the rules of its script and language. Plain Python.

ICU's word breaks (UAX #29) are not enough: no dictionary knows every name, some scripts write small words together with
the next one, and at signs inside a word the standard leaves the rule to each language (`signs`, `clitics`).
"""

import bisect
import re
import unicodedata

from finerweb.text import characters, clitics, segment
from finerweb.text.characters import HANGUL, INVISIBLE, UNSPACED, are_letters, belong_together
from finerweb.text.clitics import Cut
from finerweb.text.signs import SIGNS, Signs, base
from finerweb.text.spans import Span

NON_JOINER = "\u200c"
MIDDLE_DOTS = "·\u0387\u2027"
DOTS = frozenset(".․．﹒" + MIDDLE_DOTS)

# A break beside one of these is looked at twice: apostrophes at which ICU breaks though it does not at others, vowels
# that stand as letters before or after their consonant, katakana.
_DOUBTFUL = re.compile(
    r"[´`′‵ˊˋ᾽᾿\u0E30\u0E32\u0E33\u0E40-\u0E45\u0EB0\u0EB2\u0EB3\u0EBD\u0EC0-\u0EC4\u30A1-\u30FC"
    r"\uFF66-\uFF9F]"
)
_FIGURES = re.compile(r"\d,\d")


class Edges:
    """The edges of the names in a text."""

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        self.language = re.split("[_-]", locale)[0]
        self._edges = segment.edges(text, locale)
        self._breaks = set(self._edges)
        self._is_doubtful = _DOUBTFUL.search(text) is not None
        self._signs = Signs(text, self.language, self._breaks)

    def is_whole(self, span: Span) -> bool:
        """Does the span begin and end where words do, by the rules of its script and language?

        Beyond ICU's word breaks: anywhere beside a letter of an unspaced script, where figures and abbreviations too
        stand beside words without a space; before a Korean particle; after the small words that Hebrew, Arabic and
        Amharic write together with the next; at apostrophes and colons where the language has a clitic or an ending;
        where the script changes; beside a full stop that ICU takes for part of an abbreviation or a host name. Never
        between a letter and its mark.
        """
        return self.is_edge(span.start, is_start=True) and self.is_edge(span.end, is_start=False)

    def is_edge(self, index: int, *, is_start: bool) -> bool:
        """May a name begin, or end, here?"""
        if index in self._breaks and not (
            self._is_doubtful and _DOUBTFUL.search(self.text, max(0, index - 1), index + 1)
        ):
            return True
        return self._cut(index, is_start) is Cut.EDGE

    def is_seam(self, index: int, *, is_start: bool) -> bool:
        """May a name that is nowhere else begin, or end, here?

        Where words or figures were written together: `Finland12`, `3D`, `parisFrance`, `FCBarcelona`, `15,14`,
        `#new_york`, `bbc.co.uk`; and where a language has two readings: `D'Alema`.
        """
        return self._cut(index, is_start) is not Cut.NEVER or self._is_joint(index, is_start)

    def is_run_together(self, span: Span) -> bool:
        """Is one end of the span an edge, and does the other lack only the space between two letters?"""
        is_start, is_end = self.is_edge(span.start, is_start=True), self.is_edge(span.end, is_start=False)
        index = span.end if is_start else span.start
        beside = self.text[max(0, index - 1) : index + 1]
        return (is_start or is_end) and len(beside) == 2 and are_letters(beside) and not belong_together(*beside)

    def is_inside_word(self, index: int) -> bool:
        """Does ICU see one word here, whatever the rules of the script allow?"""
        beside = self.text[max(0, index - 1) : index + 1]
        return index not in self._breaks and len(beside) == 2 and are_letters(beside)

    def _cut(self, index: int, is_start: bool) -> Cut:
        left, right = self._gap(index)
        if left == 0 or right == len(self.text):
            return Cut.EDGE
        before, after = self.text[left - 1], self.text[right]
        if belong_together(before, after):
            return Cut.NEVER
        if before.isspace() or after.isspace():  # ICU joins the narrow no-break space to letters
            return Cut.EDGE
        if before in SIGNS or after in SIGNS:
            cut = self._signs.cut(index, left, right, is_start=is_start)
            if cut is not None:
                return cut
        if any(edge in self._breaks for edge in range(left, right + 1)):
            return Cut.EDGE
        return self._inside_word(left, right, is_start)

    def _gap(self, index: int) -> tuple[int, int]:
        """The ends of the run of invisible signs around a place; the place itself where there are none."""
        left = right = index
        while left and INVISIBLE.match(self.text[left - 1]):
            left -= 1
        while right < len(self.text) and INVISIBLE.match(self.text[right]):
            right += 1
        return left, right

    def _inside_word(self, left: int, right: int, is_start: bool) -> Cut:
        """What a script's or a language's own rule says where ICU sees one word."""
        before, after = self.text[left - 1], self.text[right]
        if UNSPACED.match(before) or UNSPACED.match(after):
            return Cut.EDGE
        if before in DOTS or after in DOTS:
            return self._at_dot(left, right, is_start)
        categories = {unicodedata.category(before), unicodedata.category(after)}
        if "Pd" in categories:  # the Armenian hyphen, a letter to ICU
            return Cut.EDGE
        if "Pc" in categories:
            return self._at_connector(left, right)
        if NON_JOINER in self.text[left:right] and characters.script(after) == "ARABIC":
            return self._at_non_joiner(left, right, is_start)
        is_attached = self._has_proclitic(left, right) if is_start else self._has_particle(left, right)
        return Cut.EDGE if is_attached or self._changes_script(left, right) else Cut.NEVER

    def _at_dot(self, left: int, right: int, is_start: bool) -> Cut:
        """A dot between words of two letters at least, not as in e.g. or 3.14; in host names only if nowhere else."""
        dot = left - 1 if self.text[left - 1] in DOTS else right
        before, after = self.text[max(0, dot - 2) : dot], self.text[dot + 1 : dot + 3]
        if self.text[dot] in MIDDLE_DOTS:  # Catalan col·legi has one between two letters of one word
            return Cut.NEVER if before[-1:].lower() == after[:1].lower() == "l" else Cut.EDGE
        if is_start and dot == right:
            return Cut.NEVER
        if before[-1:].islower() and after[:1].isupper():  # two sentences without a space between
            return Cut.EDGE
        name = after if is_start else before
        if len(name) < 2 or not are_letters(name):
            return Cut.NEVER
        return Cut.SEAM if after[:1].islower() else Cut.EDGE

    def _at_connector(self, left: int, right: int) -> Cut:
        """At an underscore: `_Oslo_` is emphasised, Oslo_Norway and #new_york are two words, foo_bar is one name."""
        start, end = left, right
        while start and unicodedata.category(self.text[start - 1]) == "Pc":
            start -= 1
        while end < len(self.text) and unicodedata.category(self.text[end]) == "Pc":
            end += 1
        before, after = self.text[start - 1 : start], self.text[end : end + 1]
        if not (_is_alphanumeric(before) and _is_alphanumeric(after)):
            return Cut.EDGE
        word = self._edges[bisect.bisect_right(self._edges, start - 1) - 1]
        is_tag = self.text[word - 1 : word] in ("#", "@")
        return Cut.SEAM if is_tag or not (self.text[word:start].islower() and after.islower()) else Cut.NEVER

    def _at_non_joiner(self, left: int, right: int, is_start: bool) -> Cut:
        """Persian and its neighbours write endings behind a zero-width non-joiner, and verbs behind "mi" and one."""
        if clitics.PERSIAN_PREFIX.fullmatch(self._word(left - 1, left)):
            return Cut.NEVER
        if is_start:
            return Cut.SEAM
        return Cut.EDGE if clitics.PERSIAN_ENDING.fullmatch(self._rest(right)) else Cut.SEAM

    def _has_proclitic(self, left: int, right: int) -> bool:
        """Is what stands before, in the same word, a small word or a prefix of the language?"""
        word = self._word(left - 1, left)
        proclitics, prefixes = clitics.PROCLITICS.get(self.language), clitics.PREFIXES.get(self.language)
        if proclitics and proclitics.fullmatch(word):
            return True
        return bool(prefixes and self.text[right].isupper() and prefixes.fullmatch(word))

    def _has_particle(self, left: int, right: int) -> bool:
        """Is what follows, in the same word, a particle of Korean (Hangeul matchumbeop, 41) or of Amharic?"""
        if HANGUL.match(self.text[left - 1]) and HANGUL.match(self.text[right]):
            return True
        if self.language != "am" or not are_letters(self.text[max(0, left - 2) : left]):
            return False
        return bool(clitics.AMHARIC_PARTICLE.fullmatch(self._rest(right)))

    def _word(self, index: int, end: int) -> str:
        """ICU's word at a place, up to its end."""
        return INVISIBLE.sub("", self.text[self._edges[bisect.bisect_right(self._edges, index) - 1] : end])

    def _rest(self, start: int) -> str:
        """What is left of ICU's word."""
        return INVISIBLE.sub("", self.text[start : self._edges[bisect.bisect_right(self._edges, start)]])

    def _changes_script(self, left: int, right: int) -> bool:
        """Does one script end here and another begin: Google의, בGoogle? In TNFα it does not end the word."""
        scripts = {characters.script(base(self.text[max(0, left - 4) : left])), characters.script(self.text[right])}
        return len(scripts) == 2 and "" not in scripts and scripts != {"LATIN", "GREEK"}

    def _is_joint(self, index: int, is_start: bool) -> bool:
        """Were words or figures written together here? One letter before figures, as in G20, is no word."""
        before, after = self.text[index - 1 : index], self.text[index : index + 1]
        if "," in (before, after):
            start = index - 1 - (before == ",")
            return bool(_FIGURES.fullmatch(self.text, max(0, start), start + 3))
        if not (_is_alphanumeric(before) and _is_alphanumeric(after)) or characters.is_mark(after):
            return False
        if before.isdecimal() != after.isdecimal():
            return is_start or before.isdecimal() or are_letters(self.text[max(0, index - 2) : index])
        return self._is_camel(index)

    def _is_camel(self, index: int) -> bool:
        """Does a capitalised word begin here, after one of two small letters or two capitals: parisFrance, FCBayern?"""
        before, after = self.text[max(0, index - 2) : index], self.text[index : index + 2]
        is_after_word = len(before) == 2 and all(map(str.islower, before)) and after[:1].isupper()
        return is_after_word or (
            len(before + after) == 4 and all(map(str.isupper, before)) and after[0].isupper() and after[1].islower()
        )


def _is_alphanumeric(character: str) -> bool:
    return character.isalnum() or bool(character and characters.is_mark(character))
