"""Does a language gain by being trained with the others? All together, and each alone for as many steps."""

from collections.abc import Iterator

from finerweb.experiments import Arm, Corpus


def arms(corpus: Corpus) -> Iterator[Arm]:
    """All languages, then each."""
    yield Arm("joint")
    for code in corpus.languages:
        yield Arm(f"{code} alone", {"languages": [code]})
