"""Models that find named entities in text, one kind per file: ours, and those that others have trained.

A tagger's file has
  load(model, **options)  a Tagger. `model` is a folder, a name of the Hub or of a package, or whatever the kind says;
                          raises BadModel that names what was found, what was wanted and the way out
  OPTIONS                 the names of its options
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

from finerweb.text.spans import Span


class Tag(NamedTuple):
    """A half-open range of code points, its label as it was asked for, and how sure the tagger is, 0-1."""

    start: int
    end: int
    label: str
    score: float

    @property
    def span(self) -> Span:
        """Start and end alone."""
        return Span(self.start, self.end)


class Tagger(Protocol):
    """Finds entities of given labels; or, where its labels are fixed, of those alone.

    `labels` are the fixed ones, empty for a tagger that can be asked for any. `threshold` is the score from which its
    own validation says that a tag is right. `name` says which model, and which version of it.
    """

    name: str
    labels: tuple[str, ...]
    threshold: float

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """For each text, in order, all spans that score at least `least`, overlapping ones too, in reading order.

        A text of any length is read whole, in windows if need be. A label that a tagger of fixed labels does not have
        gets no tags. Texts are sorted and batched by the tagger itself, so that many at once are best.
        """
        ...


def flat(tags: Iterable[Tag], threshold: float) -> list[Tag]:
    """The tags from a threshold on of which no two share a character: the surest first, then the longest, the first."""
    kept: list[Tag] = []
    for tag in sorted(tags, key=lambda tag: (-tag.score, tag.start - tag.end, tag.start, tag.label)):
        if tag.score < threshold:
            break
        if all(tag.end <= other.start or other.end <= tag.start for other in kept):
            kept.append(tag)
    return sorted(kept, key=attrgetter("span"))
