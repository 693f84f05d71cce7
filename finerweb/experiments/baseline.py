"""Is our head worth it? The same sentences in the same order, by gliner's own training."""

from collections.abc import Iterator

from finerweb.experiments import Arm, Corpus

# Of gliner's encoder and of the rest; the last is its own default. Its best one is what ours is compared with.
RATES = ((1.5e-4, 6.0e-4), (5.0e-5, 2.0e-4), (1.0e-5, 5.0e-5))


def arms(corpus: Corpus) -> Iterator[Arm]:
    """Our head, then gliner at three pairs of learning rates."""
    yield Arm("head")
    for rate, head_rate in RATES:
        changes = {"recipe": "gliner", "learning_rate": rate, "head_learning_rate": head_rate}
        yield Arm(f"gliner at {rate:g}", changes)
