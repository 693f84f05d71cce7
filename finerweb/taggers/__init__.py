"""Models that find named entities in text, one kind per file: ours, and those that others have trained.

A tagger's file has
  load(model, **options)  a Tagger. `model` is a folder, a name of the Hub or of a package, or whatever the kind says;
                          raises BadModel that names what was found, what was wanted and the way out
  OPTIONS                 the names of its options
  check(model)            optional: raises at once, without loading the model, what `load` would for a package or a
                          model that is not there
"""

from collections.abc import Sequence
from typing import Protocol

from finerweb.text.tags import Tag, flat

__all__ = ["Tag", "Tagger", "flat"]


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
