"""A language of the corpus: one line of conf/languages.yml."""

from collections.abc import Mapping
from dataclasses import dataclass

from finerweb.errors import BadSettings

ENGLISH = "eng"
EVERY = "*"  # in the place of a code: all languages together

# Scripts that are written from right to left, ISO 15924 as FineWeb-2 uses it.
RIGHT_TO_LEFT = frozenset({"Arab", "Hebr"})


@dataclass(frozen=True)
class Language:
    """`code` is FineWeb-2's (ISO 639-3), `script` ISO 15924; `detect` holds the detector's codes taken as this one."""

    code: str
    name: str
    script: str
    locale: str
    aliases: tuple[str, ...] = ()
    detect: tuple[str, ...] = ()

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML's `dir` takes it."""
        return "rtl" if self.script in RIGHT_TO_LEFT else "ltr"


def codes_by_alias(languages: Mapping[str, Language]) -> dict[str, str]:
    """Every spelling of a language, in lower case, to its code."""
    spellings = {code: code for code in languages}
    for code, language in languages.items():
        for alias in language.aliases:
            owner = spellings.setdefault(alias.lower(), code)
            if owner != code:
                raise BadSettings(f"languages.yml: {alias!r} stands for both {owner} and {code}; keep it in one line")
    return spellings
