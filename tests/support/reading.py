"""A tagger that is sure of what it was told to find."""

from collections.abc import Mapping, Sequence

from finerweb.taggers import Tag


class Reader:
    """A Tagger that finds these mentions where it is asked for their labels, by any of the labels' names."""

    threshold = 0.5

    def __init__(
        self,
        mentions: Mapping[str, tuple[str, float]],
        *,
        name: str = "reader/1",
        synonyms: Mapping[str, str] | None = None,
        labels: tuple[str, ...] = (),
    ) -> None:
        self.name, self.labels = name, labels
        self._mentions, self._synonyms = mentions, synonyms or {}
        self.questions: list[list[str]] = []

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        self.questions.append(list(labels))
        asked_for = {self._synonyms.get(label, label): label for label in labels}
        return [
            sorted(
                Tag(start, start + len(mention), asked_for[label], score)
                for mention, (label, score) in self._mentions.items()
                if label in asked_for and score >= least
                for start in range(len(text))
                if text.startswith(mention, start)
            )
            for text in texts
        ]


class WordReader(Reader):
    """One that can begin and end at spaces alone."""

    def edges(self, text: str) -> set[int]:
        return {0, len(text), *(place + by for place, sign in enumerate(text) if sign == " " for by in (0, 1))}
