"""By which names should labels be learned? English ones, those of the sentence's language, or both."""

from collections.abc import Iterator

from finerweb.experiments import Arm, Corpus


def arms(corpus: Corpus) -> Iterator[Arm]:
    """As the settings draw names, then one kind alone."""
    yield Arm("names as set")
    yield Arm("english names", {"names": {"english": 1.0}})
    yield Arm("target names", {"names": {"target": 1.0}})
