"""Does it help to leave out what the annotators are least sure of? All of it, and the surest quarters."""

from collections.abc import Iterator

from finerweb.experiments import Arm, Corpus


def arms(corpus: Corpus) -> Iterator[Arm]:
    """All quarters, then without the last, the last two, the last three."""
    yield Arm("all quarters", {"quartiles": None})
    for count in (3, 2, 1):
        yield Arm(f"surest {count}", {"quartiles": list(range(1, count + 1))})
