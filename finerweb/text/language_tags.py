"""Languages as data sets write them (`cmn_Hani`, `zh-TW`, `sr@latin`, `English`) to codes of languages.yml and scripts.

BCP 47's subtags, what they stand for by CLDR's aliases and likely subtags.
"""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from babel import Locale
from babel.core import get_global

from finerweb.languages import Language, codes_by_alias

PREFIX = "__label__"  # fastText's, which language identifiers leave there
POSIX = re.compile(r"([^.@]+)(?:\.[\w-]+)?(?:@(\w+))?")  # sr_RS.UTF-8@latin
VARIANT = re.compile(r"[a-z0-9]{5,8}|[0-9][a-z0-9]{3}")
# ISO 15924's variants of a script, and scripts that are written together: the one that languages.yml names.
WRITTEN_AS = {
    **{"Hans": "Hani", "Hant": "Hani", "Hanb": "Hani", "Kore": "Hang", "Jamo": "Hang"},
    **{"Hira": "Jpan", "Kana": "Jpan", "Hrkt": "Jpan", "Latf": "Latn", "Latg": "Latn"},
    **{"Cyrs": "Cyrl", "Aran": "Arab", "Geok": "Geor", "Qaag": "Mymr"},
}
UNSAID = {"Zyyy", "Zinh", "Zzzz", "Zxxx"}  # common, inherited, unknown, unwritten: codes that say nothing of a script


class Tag(NamedTuple):
    """A language of languages.yml, and the script that its text is said to be in; None for what is not said."""

    code: str | None
    script: str | None


class Subtags(NamedTuple):
    """The parts of a BCP 47 tag that tell language and script."""

    language: str
    script: str | None
    region: str | None


class Reader:
    """Reads tags of the languages that it is given."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._bases = {code: language.locale.split("_")[0] for code, language in languages.items()}
        self._codes = codes_by_alias(languages)
        for code, base in self._bases.items():
            self._codes.setdefault(base, code)
        self._names = {language.name.casefold(): code for code, language in languages.items()}

    def read(self, text: str) -> Tag:
        """The language and script of a tag or of a language's English name, which some files have."""
        tag = self.tag(text)
        return tag if tag.code else self._of_name(text.strip())

    def tag(self, text: str) -> Tag:
        """The language and script of a tag; no language for what is none."""
        plain = text.strip().removeprefix(PREFIX)
        if (code := self._codes.get(plain.lower())) is not None:
            return Tag(code, None)
        posix = POSIX.fullmatch(plain)
        subtags = split(posix[1]) if posix else None
        tag = self._of_subtags(subtags) if subtags else Tag(None, None)
        modifier = posix[2] if posix else None  # sr@latin, but also de@euro and ca@valencia
        return Tag(tag.code, (script(modifier) if modifier and is_script(modifier) else None) or tag.script)

    def _of_subtags(self, subtags: Subtags) -> Tag:
        language, script_code, region = subtags
        code = self._codes.get(language)
        if code is None:
            other = split(get_global("language_aliases").get(language, ""))  # fa_AF for prs, sr_Latn for sh
            code = self._codes.get(other.language) if other else None
            script_code, region = script_code or (other and other.script), region or (other and other.region)
        if code is None:
            return Tag(None, None)
        return Tag(code, script(script_code) if script_code else _script_there(self._bases[code], region))

    def _of_name(self, name: str) -> Tag:
        """English, Bangla, Simplified Chinese, Chinese (Traditional), Portuguese (Brazil), English (US)."""
        plain, _, bracket = name.casefold().rstrip(")").partition(" (")
        subtag = _places_and_scripts().get(bracket)
        if bracket and not subtag:
            return Tag(None, None)
        code = self._names.get(plain) or self._codes.get(plain) or _names().get(plain, "")
        return self.tag(f"{code}-{subtag}" if subtag else code)


@functools.lru_cache(maxsize=4096)
def split(tag: str) -> Subtags | None:
    """The parts of a tag, extensions and variants left out; None for what is no tag."""
    language, *rest = re.split("[-_]", tag.lower())
    rest = rest[: next((index for index, part in enumerate(rest) if len(part) == 1), len(rest))]
    if not re.fullmatch("[a-z]{2,8}", language):
        return None
    if rest and re.fullmatch("[a-z]{3}", rest[0]):
        language = rest.pop(0)  # zh-yue is yue
    written = rest.pop(0).title() if rest and re.fullmatch("[a-z]{4}", rest[0]) else None
    region = rest.pop(0).upper() if rest and re.fullmatch("[a-z]{2}|[0-9]{3}", rest[0]) else None
    return Subtags(language, written, region) if all(VARIANT.fullmatch(part) for part in rest) else None


@functools.lru_cache(maxsize=4096)
def script(text: str) -> str | None:
    """The script of a code or an English name, as languages.yml names it; None where that says nothing."""
    code = text.strip().title()
    if not re.fullmatch("[A-Z][a-z]{3}", code) or code not in Locale("en").scripts:
        code = _scripts().get(text.strip().casefold(), code)
    return None if not code or code in UNSAID else WRITTEN_AS.get(code, code)


def is_script(text: str) -> bool:
    """Is it the code or the English name of a script, by CLDR?"""
    return text.title() in Locale("en").scripts or text.casefold() in _scripts()


@functools.lru_cache(maxsize=4096)
def _script_there(base: str, region: str | None) -> str | None:
    """The script of a language in a region, where it is another there: zh-TW, pa-PK, sr-ME."""
    likely = get_global("likely_subtags")
    here, everywhere = (split(likely.get(tag, "")) for tag in (f"{base}_{region}", base))
    if not region or not here or not here.script or (everywhere and everywhere.script == here.script):
        return None
    return script(here.script)


@functools.cache
def _names() -> dict[str, str]:
    return {name.casefold(): code for code, name in Locale("en").languages.items()}


@functools.cache
def _scripts() -> dict[str, str]:
    return {name.casefold(): code for code, name in Locale("en").scripts.items()}


@functools.cache
def _places_and_scripts() -> dict[str, str]:
    territories = Locale("en").territories.items()
    codes = {code.casefold(): code for code, _ in territories if len(code) == 2}
    return codes | {name.casefold(): code for code, name in territories} | _scripts()
