"""Any GLiNER model, of a folder or of the Hub.

Options
  revision     of a model of the Hub
  batch_size   windows that are read at once; 8 if not set

Words are ICU's: gliner's own (`\\w+|\\S`) take a clause of Chinese, Japanese or Thai for one.
"""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from finerweb.errors import BadModel, NotInstalled
from finerweb.formats import tagging
from finerweb.student.card import Card
from finerweb.student.pieces import own, windows
from finerweb.taggers import Tag
from finerweb.text.spans import Span

OPTIONS = frozenset({"revision", "batch_size"})
LOCALE = "en"  # ICU takes a dictionary by the script
CONFIG = "gliner_config.json"
THRESHOLD = 0.5  # gliner's own default
OVERLAP = 32  # words that two windows of a longer text share
LABELS = 25  # that are asked for at once, where the model's configuration does not say


class _Part(NamedTuple):
    """A window of a text: whose, the places of its words, and at which of them an entity may begin."""

    text: int
    words: list[Span]
    own: Span


class Gliner:
    """Asks a GLiNER model for labels, some at a time; `card` is that of one which train_student made."""

    labels: tuple[str, ...] = ()  # any
    card: Card | None = None

    def __init__(self, model: Any, *, name: str, batch_size: int) -> None:
        self.name, self.threshold = name, THRESHOLD
        self._model, self._batch_size = model.eval(), batch_size
        self._size = int(getattr(model.config, "max_len", None) or 384)
        self._at_once = max(1, int(getattr(model.config, "max_types", None) or LABELS))

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """For each text, in order, all spans that score at least `least`, in reading order."""
        tags: list[list[Tag]] = [[] for _ in texts]
        parts = [part for number, text in enumerate(texts) for part in self._parts(number, text)]
        parts.sort(key=lambda part: -len(part.words))
        for start in range(0, len(parts), self._batch_size):
            batch = parts[start : start + self._batch_size]
            for first in range(0, len(labels), self._at_once):
                for part, tag in self._tags(batch, texts, list(labels[first : first + self._at_once]), least):
                    tags[part.text].append(tag)
        return [sorted(of_text) for of_text in tags]

    def edges(self, text: str) -> set[int]:
        """Where an entity of this text can begin or end."""
        return {edge for word in tagging.tokens(text, LOCALE) for edge in word}

    def _parts(self, number: int, text: str) -> Iterator[_Part]:
        words = tagging.tokens(text, LOCALE)
        spans = windows(len(words), size=self._size, overlap=min(OVERLAP, self._size // 2))
        for place, span in enumerate(spans):
            mine = own(place, spans)
            yield _Part(number, words[slice(*span)], Span(mine.start - span.start, mine.end - span.start))

    def _tags(
        self, batch: Sequence[_Part], texts: Sequence[str], labels: list[str], least: float
    ) -> Iterator[tuple[_Part, Tag]]:
        rows = [
            {"tokenized_text": [texts[part.text][slice(*word)] for word in part.words], "ner": []} for part in batch
        ]
        collated = self._model.collate_batch(rows, labels, self._model.create_collator())
        outputs = self._model.run_batch(collated, threshold=least)
        decoded = self._model.decode_batch(outputs, collated, threshold=least, flat_ner=False, multi_label=True)
        for part, spans in zip(batch, decoded, strict=True):
            for span in spans:
                if span.end < len(part.words) and part.own.start <= span.start < part.own.end:
                    place = part.words[span.start].start, part.words[span.end].end
                    yield part, Tag(*place, span.entity_type, float(span.score))


def load(model: str, *, name: str = "", revision: str | None = None, batch_size: int = 8) -> Gliner:
    """The model in a folder or of the Hub; raises NotInstalled, BadModel."""
    check(model)
    from gliner import GLiNER  # twenty seconds to import

    try:
        loaded = GLiNER.from_pretrained(model, revision=revision, local_files_only=Path(model).is_dir())
    except (OSError, ValueError) as error:
        raise BadModel(
            f"GLiNER {model}",
            found=str(error).splitlines()[0],
            wanted=f"a model of the Hub, or a folder with {CONFIG}",
            way_out="see that the name is right and that the Hub can be reached from here",
        ) from error
    return Gliner(loaded, name=name or model.rstrip("/").rpartition("/")[2], batch_size=batch_size)


def require_package() -> None:
    """Raise NotInstalled without the package."""
    if find_spec("gliner") is None:
        raise NotInstalled("the package gliner is not installed: pip install 'finerweb[gliner]'")


def check(model: str) -> None:
    """Raise NotInstalled without the package, BadModel for a folder that is no GLiNER."""
    require_package()
    folder = Path(model)
    if folder.is_dir() and not (folder / CONFIG).is_file():
        raise BadModel(
            f"GLiNER {folder}",
            found=f"no {CONFIG}",
            wanted="the folder of a GLiNER model",
            way_out="name one, or another kind of tagger",
        )
