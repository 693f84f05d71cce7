"""Are passages that the regression chose better to learn from than any? Both annotated alike, each in its own lake.

The other lake is made with `--set work=FOLDER --set select.threshold=-1e9`: its passages are drawn, not chosen.
"""

from collections.abc import Iterator

from finerweb.experiments import Arm, Corpus


def arms(corpus: Corpus) -> Iterator[Arm]:
    """The chosen passages, and those of the other lake."""
    yield Arm("chosen passages")
    yield Arm("any passages", others=True)
