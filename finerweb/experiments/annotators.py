"""Is the merged annotation better to learn from than each annotator's own?"""

from collections.abc import Iterator

from finerweb.experiments import Arm, Corpus


def arms(corpus: Corpus) -> Iterator[Arm]:
    """The merged variant, then that of each annotator."""
    _, _, kind = corpus.variant.partition("-")
    yield Arm("merged", {"variant": f"merged-{kind}"})
    for name in corpus.annotators:
        yield Arm(name, {"variant": f"{name}-{kind}"})
