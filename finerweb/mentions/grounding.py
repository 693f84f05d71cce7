"""Find the mentions that a model named in the text it named them from. Plain Python, no Spark."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from finerweb.errors import UnknownName
from finerweb.mentions.aligning import align
from finerweb.mentions.matching import Text, occurrences
from finerweb.problems import MentionProblem
from finerweb.text.spans import Span

__all__ = ["POLICIES", "Grounded", "Text", "ground", "occurrences"]

POLICIES = ("best", "cursor", "all")


class Grounded(NamedTuple):
    """Where a mention is and by which tier it was matched; or, where it is nowhere, the problem."""

    span: Span | None
    tier: str | None
    problem: MentionProblem | None


def ground(
    mentions: Sequence[str],
    text: Text,
    *,
    labels: Sequence[Hashable] | None = None,
    policy: str = "best",
    prompt: str = "",
) -> list[list[Grounded]]:
    """For each mention, in the order in which the model named them, its place or its problem.

    `cursor`  the paper's section 3.2: exact, each search starting where the last match ended; one place a mention
    `all`     the paper's algorithm 1: every exact occurrence
    `best`    the whole list aligned at once (`mentions.aligning`): exact, else normalised, else fuzzy; at word edges;
              one place each, which two mentions share only if their `labels` differ

    `prompt` is what the model read besides the text: what it copied from there is no mention.
    """
    if policy == "all":
        return [_all(mention, text) for mention in mentions]
    if policy == "cursor":
        return [[place] for place in _cursor(mentions, text)]
    if policy == "best":
        return [[place] for place in _best(mentions, text, labels or [None] * len(mentions), prompt)]
    raise UnknownName(f"grounding policy {policy!r}; wanted one of {', '.join(POLICIES)}")


def _all(mention: str, text: Text) -> list[Grounded]:
    if not mention.strip():
        return [Grounded(None, None, "empty")]
    places = [Grounded(span, "exact", None) for span in occurrences(text.text, mention)]
    return places or [Grounded(None, None, "absent")]


def _cursor(mentions: Sequence[str], text: Text) -> list[Grounded]:
    places = []
    cursor = 0
    for mention in mentions:
        start = text.text.find(mention, cursor) if mention.strip() else -1
        if start >= 0:
            cursor = start + len(mention)
            places.append(Grounded(Span(start, cursor), "exact", None))
        elif not mention.strip():
            places.append(Grounded(None, None, "empty"))
        else:
            places.append(Grounded(None, None, "passed" if mention in text.text else "absent"))
    return places


def _best(mentions: Sequence[str], text: Text, labels: Sequence[Hashable], prompt: str) -> list[Grounded]:
    stripped = [mention.strip() for mention in mentions]
    counts = Counter(stripped)
    exact = {mention: text.exact(mention) for mention in counts}
    # An exact mention may stand for a place that is written otherwise, where it was named more often than it is there.
    places = {
        mention: spans if len(spans) >= counts[mention] else text.places(mention, spans, counts[mention])
        for mention, spans in exact.items()
    }
    options = [
        text.alone_first(places[mention]) if counts[mention] < len(places[mention]) else places[mention]
        for mention in stripped
    ]
    grounded = []
    for mention, option, placed in zip(stripped, options, align(options, labels), strict=True):
        if placed:
            span, tier, _ = placed.place
            is_elsewhere = tier == "exact" and not placed.is_in_order
            grounded.append(Grounded(span, "elsewhere" if is_elsewhere else tier, None))
        else:
            grounded.append(Grounded(None, None, "claimed" if option else text.problem(mention, prompt)))
    return grounded
