"""What a language says about a name's edge beside an apostrophe, a colon or a quote inside a word. Plain Python."""

from finerweb.text import characters, clitics
from finerweb.text.characters import APOSTROPHES, COLONS, HANGUL, INVISIBLE, UNSPACED, is_letter
from finerweb.text.clitics import Cut

SIGNS = frozenset(APOSTROPHES + COLONS + '"')
LONGEST_WORD = 40  # letters that are looked at on either side of a sign

_OPENERS = "'‘’‚‛`´"
_SENTENCE_ENDS = "\n\r.!?…:;•|*–—"
_BEFORE_A_SENTENCE = " \u00a0\u202f\"'«“„‘(["


class Signs:
    """The signs in a text, whose word breaks by ICU are known."""

    def __init__(self, text: str, language: str, breaks: set[int]) -> None:
        self.text = text
        self._breaks = breaks
        self._is_hebrew = language == "he"
        self._clitics = clitics.load(language)

    def cut(self, index: int, left: int, right: int, *, is_start: bool) -> Cut | None:
        """May a name begin, or end, beside a sign; None where it does not stand between two words.

        `left` and `right` are the ends of the invisible signs around the place.
        """
        is_before = self.text[right] in SIGNS
        sign = right if is_before else left - 1
        word, rest = self._word_before(sign), self._word_after(sign + 1)
        if not word or not rest or _is_foreign(word, rest):
            return self._at_quote(sign, word, rest, is_before)
        if is_before and is_start:
            return Cut.EDGE if index in self._breaks else Cut.NEVER
        if self.text[sign] == '"':
            return self._at_double_quote(word, rest, is_before)
        if self.text[sign] in COLONS:
            return self._at_colon(sign, word, rest, is_before)
        return self._at_apostrophe(sign, word, rest, is_before)

    def _at_quote(self, sign: int, word: str, rest: str, is_before: bool) -> Cut | None:
        """At a sign between other things than two words, where ICU knows a quote unless it takes the sign for a letter.

        Nothing is elided across scripts, and neither scripts without spaces nor Korean have an apostrophe.
        """
        if word and rest:
            return Cut.EDGE
        if self._is_hebrew and word and is_before:  # geresh, as in an abbreviation
            return Cut.EDGE if self._closes_a_quote(sign) else None
        return Cut.EDGE if self.text[sign].isalpha() and (word or not self._clitics.rule.is_letter) else None

    def _at_apostrophe(self, sign: int, word: str, rest: str, is_before: bool) -> Cut:
        if not is_before:
            return self._clitics.before(word, rest, is_at_start=self._begins_a_sentence(sign - len(word)))
        if self._clitics.after(word, rest):
            return Cut.EDGE
        return Cut.SEAM if self._closes_a_quote(sign) and not clitics.is_contracted(word, rest) else Cut.NEVER

    def _at_double_quote(self, word: str, rest: str, is_before: bool) -> Cut | None:
        """A Hebrew name in quotes behind its proclitic; in abbreviations the quote stands before the last letter."""
        if characters.script(rest[0]) != "HEBREW":
            return None
        is_quoted = self._is_hebrew and not is_before and len(rest) > 1 and clitics.HEBREW.fullmatch(word)
        return Cut.EDGE if is_quoted else Cut.NEVER

    def _at_colon(self, sign: int, word: str, rest: str, is_before: bool) -> Cut:
        if characters.script(rest[0]) in characters.ABUGIDAS:  # typed for visarga, as in दु:ख
            return Cut.SEAM
        if rest[0].isupper() or not self._clitics.rule.after_colon:  # a mark of punctuation without a space
            return Cut.EDGE
        is_compound = self.text[sign - len(word) - 1 : sign - len(word)] in ("&", "-", "/", "+")  # H&M:s
        is_ending = is_before and self._clitics.after_colon(word, rest, is_compound=is_compound)
        return Cut.EDGE if is_ending else Cut.NEVER

    def _word_before(self, end: int) -> str:
        """The letters that end here, without invisible signs."""
        start = end
        while start and end - start < LONGEST_WORD and _is_in_word(self.text[start - 1]):
            start -= 1
        return INVISIBLE.sub("", self.text[start:end])

    def _word_after(self, start: int) -> str:
        end = start
        while end < len(self.text) and end - start < LONGEST_WORD and _is_in_word(self.text[end]):
            end += 1
        return INVISIBLE.sub("", self.text[start:end])

    def _begins_a_sentence(self, index: int) -> bool:
        while index and self.text[index - 1] in _BEFORE_A_SENTENCE:
            index -= 1
        return not index or self.text[index - 1] in _SENTENCE_ENDS

    def _closes_a_quote(self, sign: int) -> bool:
        """Does a quote open before this one, at the beginning of a word: 'Hürriyet'te?"""
        for index in range(sign - 1, max(-1, sign - LONGEST_WORD), -1):
            if self.text[index] in _OPENERS:
                word = self._word_before(index)
                return not word or (self._is_hebrew and clitics.HEBREW.fullmatch(word) is not None)
        return False


def _is_foreign(word: str, rest: str) -> bool:
    """Is a sign between these no apostrophe, because the script has none or changes there?"""
    is_other = characters.script(base(word)) != characters.script(rest[0])
    return is_other or bool(UNSPACED.match(word[-1]) or HANGUL.match(word[-1]))


def base(word: str) -> str:
    """The last letter of a word that is no mark."""
    return next((letter for letter in reversed(word) if not characters.is_mark(letter)), "")


def _is_in_word(character: str) -> bool:
    return character not in SIGNS and (is_letter(character) or bool(INVISIBLE.match(character)))
