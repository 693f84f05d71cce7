"""Where names may begin and end in a text, by the rules of its script. Plain Python.

ICU's word breaks are not enough: no dictionary knows every name, and some scripts write small words together with the
next one.
"""

import bisect
import re
import unicodedata

from finerweb.text import segment
from finerweb.text.spans import Span

# Letters of these scripts follow each other without spaces, so that a word break says little about a name's edge.
UNSPACED = re.compile(
    r"[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAA60-\uAA7F\U00020000-\U0003FFFF]"
)
HANGUL = re.compile(r"[\uAC00-\uD7A3]")
# And, the, in, to, from, as, that: written together with the word that follows.
PROCLITICS = re.compile(
    r"[\u05D5\u05D4\u05D1\u05DC\u05DE\u05DB\u05E9]{1,3}|[\u0648\u0641]?[\u0628\u0644\u0643]?(?:\u0627\u0644)?"
)


class Edges:
    """The edges of the names in a text."""

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        self._edges = segment.edges(text, locale)
        self._breaks = set(self._edges)

    def is_whole(self, span: Span) -> bool:
        """Does the span begin and end where words do, by the rules of its script?

        Beyond ICU's word breaks: anywhere beside a letter of an unspaced script, where figures and abbreviations too
        stand beside words without a space; before a Korean particle; after Hebrew and Arabic words of one letter,
        written together with the next; beside a full stop that ICU takes for part of an abbreviation or a host name.
        """
        return self.is_edge(span.start, is_start=True) and self.is_edge(span.end, is_start=False)

    def is_edge(self, at: int, *, is_start: bool) -> bool:
        """May a name begin, or end, here?"""
        if at in self._breaks:
            return True
        before, after = self.text[at - 1], self.text[at]
        if UNSPACED.match(before) or UNSPACED.match(after):
            return unicodedata.category(after)[0] != "M"
        if is_start:
            word = self._edges[bisect.bisect_right(self._edges, at) - 1]
            return bool(PROCLITICS.fullmatch(self.text[word:at])) or (before == "." and self._is_name(at, at + 2))
        if HANGUL.match(before) and HANGUL.match(after):
            return True
        return (after == "." and self._is_name(at - 2, at)) or (before == "." and self._is_name(at - 3, at - 1))

    def is_seam(self, at: int) -> bool:
        """Is this where words or figures were written together: `Finland12`, `3D`, `parisFrance`, `15,14`?"""
        before, after = self.text[at - 1 : at], self.text[at : at + 1]
        if "," in (before, after):
            return bool(re.fullmatch(r"\d,\d", self.text[at - 1 - (before == ",") : at + 1 + (after == ",")]))
        if not (before.isalnum() and after.isalnum()):
            return False
        is_name_after_word = self.text[at - 2 : at - 1].islower() and before.islower() and after.isupper()
        return before.isalpha() != after.isalpha() or is_name_after_word

    def _is_name(self, start: int, end: int) -> bool:
        """Two letters: beside a full stop between single letters or digits, as in e.g. and 3.14, there is no edge."""
        return start >= 0 and len(self.text[start:end]) == 2 and self.text[start:end].isalpha()
