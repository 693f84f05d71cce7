"""What may follow a name in its own word, where no apostrophe parts them. Plain Python.

Most languages are told by length: few letters, of a word of several. Languages of India and Nepal write
their case endings and postpositions, which are longer, together with a name, however short it is: சென்னையிலிருந்து is
"from" சென்னை, चीनमध्ये "in" चीन. They are closed classes. Hindi sets its postpositions apart, so that little is left to
follow: दिनेश is no form of दिन. Morphemes follow each other, and are from grammars: Lehmann, A Grammar of Modern Tamil
(1993); Asher and Kumari, Malayalam (1997); Sridhar, Kannada (1990); Krishnamurti and Gwynn, A Grammar of Modern Telugu
(1985); Dhongde and Wali, Marathi (2009); Acharya, A Descriptive Grammar of Nepali (1991); Kachru, Hindi (2006).
"""

import functools
import re
from typing import NamedTuple

from finerweb.text import characters
from finerweb.text.folding import fold

SHORTEST = 5  # folded characters of a name of which a part is enough
LONGEST, LONGEST_JOINED = 4, 10  # letters, marks not counted
MORPHEMES = 4

# Names have no other forms here: Nigeria is none of Niger. What is written behind an apostrophe stands apart.
UNINFLECTED = frozenset(("en", "fr", "es", "pt", "it", "ca", "gl", "nl", "vi", "id", "ms", "jv", "su", "fil"))

# Language -> morphemes, and, of names in -m, what they lose and how their other forms begin.
_MORPHEMES = {
    "ta": (
        "ய வ த்த ட்ட ற்ற ன ை ி ின் ில் ிலே ிலிருந்து ிலுள்ள ிடம் ிடமிருந்து ு ுக்கு க்கு ுக்காக க்காக ால் ோடு ுடன் ுடைய ினுடைய "
        "ும் ம் ே ோ ான் ான வரை தான் கள் களின் களில்",
        "ம்",
        "த்த",
    ),
    "ml": (
        "യ വ ത്ത യി ി ിൽ ിലെ ിലേക്ക് ിലേക്കുള്ള ിലൂടെ ിലുള്ള ിനെ ിന്റെ ിന്‍റെ ിന് ിനു ുടെ െ േ ക്ക് േക്ക് ുമായി ും ാൽ ോട് ോടെ ോ "
        "നിന്ന് നിന്നും നിന്നുള്ള ക്കാർ ക്കാരൻ വരെ",
        "ം",
        "ത്ത",
    ),
    "kn": (
        "ದ ಯ ವ ನ ರ ಅ ಿ ಿನ ಲ್ಲಿ ಲ್ಲಿನ ಲ್ಲೇ ಅವರ ವರ ರವರ ಕ್ಕೆ ಗೆ ಿಗೆ ನ್ನು ಅನ್ನು ಿಂದ ೊಂದಿಗೆ ೊಳಗೆ ಾದ ೂ ೇ ು ರು ಗಳ ಗಳು ತನಕ ಾಗಿ",
        "",
        "",
    ),
    "te": (
        "లో లోని లోనూ లోనే లోకి నుండి నుంచి కి కు కూ ను ని నీ తో పై యొక్క కోసం వరకు వద్ద ల లు లను లకు ం ంలో ంలోని వాసి వాసులు ే ూ",
        "",
        "",
    ),
    "mr": (
        "ा च चा ची चे चं च्या ला ना ने नी नं त तील ील मध्ये मधील मधून मधल्या तून ातून हून ून कडून कडे कडील साठी वर वरून वरील शी सह "
        "बरोबर विरुद्ध विरोधात प्रमाणे मुळे ही पर्यंत पासून जवळ बाहेर कर वासी",
        "",
        "",
    ),
    "ne": (
        "को का की कै ले लाई मा मै बाट सँग सँगै संग संगको देखि सम्म तिर तर्फ भित्र माथि बाहिर हरू हरु लगायत सहित "
        "भन्दा विरुद्ध द्वारा नजिक ली",
        "",
        "",
    ),
    "hi": ("ों यों ियों ें ाओं ओं ी ा े ाई ीय वी वासी", "", ""),
}


class Endings(NamedTuple):
    """The endings of a language: `morphemes` where they are listed.

    A name that ends in `final` loses that before other forms, which begin with `oblique`.
    """

    morphemes: re.Pattern[str] | None = None
    final: str = ""
    oblique: str = ""
    are_none: bool = False

    @property
    def longest(self) -> int:
        """How many letters may follow a name."""
        return LONGEST_JOINED if self.morphemes else LONGEST

    def stem(self, name: str) -> int:
        """How many characters of a folded name are in all its forms."""
        stem = max(min(SHORTEST - 1, len(name)), -(-len(name) * 2 // 3))
        return min(stem, len(name.removesuffix(self.final))) if self.final else stem

    def fits(self, name: str, lost: str, rest: str) -> bool:
        """Is the rest of a word no more than another ending of a name, which lost the last of its own letters?"""
        if self.morphemes and self.morphemes.fullmatch(rest) and self._is_oblique(lost, rest):
            return True
        if self.are_none or (self.morphemes and len(name) < SHORTEST):
            return False
        is_whole_name = not lost and len(name) >= SHORTEST and is_syllabic(name)
        longest = LONGEST if is_whole_name else min(LONGEST, (len(name) - len(lost)) // 2)
        return max(letters(lost), letters(rest)) <= longest and characters.are_letters(lost + rest)

    def _is_oblique(self, lost: str, rest: str) -> bool:
        return not lost or (lost == self.final and rest.startswith(self.oblique))


def is_syllabic(name: str) -> bool:
    """Is a name of a script whose vowels are marks: three characters are two syllables?"""
    return characters.script(name[0]) in characters.ABUGIDAS


def letters(text: str) -> int:
    """Letters without their marks."""
    return sum(not characters.is_mark(character) for character in text)


@functools.cache
def load(language: str) -> Endings:
    """The endings of a language, by its code in the locale."""
    if language not in _MORPHEMES:
        return Endings(are_none=language in UNINFLECTED)
    written, final, oblique = _MORPHEMES[language]
    morphemes = sorted({fold(morpheme, language).text for morpheme in written.split()}, key=len, reverse=True)
    pattern = re.compile(rf"(?:{'|'.join(map(re.escape, morphemes))}){{1,{MORPHEMES}}}")
    return Endings(pattern, fold(final, language).text, fold(oblique, language).text)
