"""Any installed spaCy pipeline, by its name or folder: small models that run on a CPU and need no key.

Its labels are fixed. spaCy says of no entity how sure it is, so that every score is 1.0.

Options
  labels   {label of the pipeline: natural English}, for those that the default below puts badly
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from finerweb.errors import BadModel, BadSettings, NotInstalled
from finerweb.taggers import Tagger
from finerweb.text.spans import Span
from finerweb.text.tags import Tag

OPTIONS = frozenset({"labels"})

LONGEST = 48_000  # UTF-8 bytes of a piece: SudachiPy (Japanese) refuses more than 49,149, spaCy a million characters
TEXTS_AT_ONCE = 64
CONTINUING = frozenset({"Mn", "Mc", "Me", "Cf", "Sk"})  # marks, joiners and skin tones: part of the sign before them
SHORT = 2  # words of spaCy's explanation of a label that may be a type's name: the longer ones are definitions
LINE_END = re.compile(r"\n+")
SENTENCE_END = re.compile(r"[.!?。．！？｡؟।॥።။។]+[\"'”’»)\]」』）]*\s*")
SPACE = re.compile(r"\s+")

# What labels mean whose own words or spaCy's explanation make no good name of a type.
NATURAL = {
    # CoNLL and OntoNotes, and their relatives
    **{"PER": "person", "PERSON": "person", "ORG": "organization", "LOC": "location", "MISC": "miscellaneous name"},
    **{"GPE": "geopolitical entity", "NORP": "nationality or group", "FAC": "facility", "LANGUAGE": "language"},
    **{"MONEY": "amount of money", "PERCENT": "percentage", "CARDINAL": "number", "ORDINAL": "ordinal number"},
    **{"PROD": "product", "EVT": "event", "DRV": "derived name"},
    # Sekine's extended hierarchy, of Japanese pipelines
    **{"GOE_Other": "public facility", "GPE_Other": "geopolitical entity", "Numex_Other": "number"},
    **{"Timex_Other": "time expression", "Time_Top_Other": "time expression", "Countx_Other": "count"},
    **{"Periodx_Other": "period", "Period_Day": "number of days", "Period_Month": "number of months"},
    **{"Period_Time": "duration", "Period_Week": "number of weeks", "Period_Year": "number of years"},
    **{"N_Animal": "number of animals", "N_Country": "number of countries", "N_Event": "number of events"},
    **{"N_Facility": "number of facilities", "N_Flora": "number of plants", "N_Location_Other": "number of places"},
    **{"N_Natural_Object_Other": "number of objects", "N_Organization": "number of organizations"},
    **{
        "N_Person": "number of people",
        "N_Product": "number of products",
        "Money": "amount of money",
        "Percent": "percentage",
    },
    **{"ID_Number": "identification number", "Latitude_Longtitude": "coordinates", "Flora": "plant"},
    **{"Percent": "percentage", "Flora_Part": "part of a plant", "Fauna_Part": "part of an animal"},
    **{"Mollusc_Arthropod": "mollusc or arthropod", "Position_Vocation": "position or vocation"},
    **{"Doctrine_Method_Other": "doctrine or method", "URL": "web address", "Email": "e-mail address"},
    **{"Printing_Other": "printed work", "Line_Other": "transport line", "Countx": "count"},
}


class Pipeline:
    """A loaded pipeline; a Tagger."""

    threshold = 0.5  # of scores that are all 1.0

    def __init__(self, pipeline: Any, english: Mapping[str, str], *, name: str) -> None:
        self.name = name
        self.labels = tuple(dict.fromkeys(english.values()))
        self._pipeline, self._english = pipeline, dict(english)

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """For each text, in order, its entities of these labels, in reading order; none where `least` is above 1."""
        tags: list[list[Tag]] = [[] for _ in texts]
        pieces = [
            (text[piece.start : piece.end], (number, piece.start))
            for number, text in enumerate(texts)
            for piece in cut(text)
        ]
        wanted = set(labels) if least <= 1.0 else set()
        for document, (number, offset) in self._pipeline.pipe(pieces, as_tuples=True, batch_size=TEXTS_AT_ONCE):
            for entity in document.ents:
                label = self._english.get(entity.label_) or natural(entity.label_)
                span = _trimmed(texts[number], offset + entity.start_char, offset + entity.end_char)
                if label in wanted and span.start < span.end:
                    tags[number].append(Tag(*span, label, 1.0))
        return tags


def load(model: str, *, name: str = "", labels: Mapping[str, str] | None = None) -> Tagger:
    """The pipeline of that name or in that folder; raises NotInstalled without spaCy, BadModel, BadSettings."""
    check(model)
    try:
        pipeline = _library().load(Path(model) if Path(model).is_dir() else model)
    except (OSError, ValueError, ImportError) as error:
        raise BadModel(
            f"spaCy pipeline {model}",
            found=f"one that spaCy cannot load ({error})",
            wanted="one that this version of spaCy, and what it builds on, can load",
            way_out="see python -m spacy validate, and what the pipeline's page says to install with it",
        ) from error
    meta = pipeline.meta
    raw = _labels(pipeline, model)
    if unknown := sorted(set(labels or {}) - set(raw)):
        raise BadSettings(
            f"labels of spaCy pipeline {model}", found=", ".join(unknown), wanted=f"some of {', '.join(raw)}"
        )
    english = {label: (labels or {}).get(label) or natural(label) for label in raw}
    return Pipeline(pipeline, english, name=name or f"{meta['lang']}_{meta['name']}-{meta['version']}")


def check(model: str) -> None:
    """Raise, without loading it, what `load` would: NotInstalled without spaCy, BadModel where no pipeline is."""
    installed = _library().util.get_installed_models()
    if model in installed or (Path(model) / "config.cfg").is_file():
        return
    is_folder = Path(model).is_dir()
    listed = ", ".join(sorted(installed)) or "none"
    raise BadModel(
        f"spaCy pipeline {model}",
        found="a folder without config.cfg" if is_folder else "neither a package nor a folder of that name",
        wanted=f"a folder that spaCy saved, or one of those installed here: {listed}",
        way_out="install it (python -m spacy download NAME; for ja_ginza: pip install ja-ginza), on every executor",
    )


def natural(label: str) -> str:
    """A label in natural English: by the table, by spaCy's explanation where it is short, else in its own words."""
    if label in NATURAL:
        return NATURAL[label]
    words = " ".join(re.sub(r"[_\-]+", " ", label).lower().split()) or label
    if "_" not in label and label.isupper():  # an abbreviation; what else is explained is mostly grammar
        explained = str(_library().glossary.GLOSSARY.get(label, ""))  # spacy.explain warns of each that it lacks
        if re.fullmatch(rf"[A-Za-z]+( [A-Za-z]+){{0,{SHORT - 1}}}\.?", explained):
            return explained.rstrip(".").lower()
    return words.removesuffix(" other") or words


def cut(text: str) -> Iterator[Span]:
    """Pieces of at most LONGEST bytes that tile the text.

    They end at the last line's end, or else the last sentence's, or else the last white space, in their second half; a
    text without any of these is cut where it must be. An entity across a cut is lost.
    """
    start = 0
    while start < len(text):
        room = text[start : start + LONGEST].encode("utf-8", "surrogatepass")[:LONGEST]
        end = start + len(room.decode("utf-8", "ignore"))
        if end < len(text):
            middle = (start + end) // 2
            ends = (_last_end(pattern, text, middle, end) for pattern in (LINE_END, SENTENCE_END, SPACE))
            end = next((place for place in ends if place), end)
        yield Span(start, end)
        start = end


def _last_end(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    return max((match.end() for match in pattern.finditer(text, start, end)), default=0)


def _trimmed(text: str, start: int, end: int) -> Span:
    """Without white space at its ends, and the rest of an emoji or letter that the tokenizer has cut in two."""
    while start < end and (text[start].isspace() or unicodedata.category(text[start]) in CONTINUING):
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def _labels(pipeline: Any, model: str) -> list[str]:
    """The labels of the parts that find entities; raises BadModel where none does."""
    finders = [name for name in pipeline.pipe_names if "doc.ents" in pipeline.get_pipe_meta(name).assigns]
    if not finders:
        raise BadModel(
            f"spaCy pipeline {model}",
            found=f"no part that finds entities among {', '.join(pipeline.pipe_names) or 'none'}",
            wanted="a pipeline with ner, entity_ruler or the like",
        )
    return list(dict.fromkeys(label for name in finders for label in pipeline.pipe_labels.get(name, ())))


def _library() -> ModuleType:
    try:
        import spacy  # where a pipeline is used: few have it
        import spacy.glossary
    except ImportError as error:
        raise NotInstalled(
            "spaCy is not installed", way_out="install it: pip install 'finerweb[spacy]', on every executor"
        ) from error
    return spacy
