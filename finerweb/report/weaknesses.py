"""What is known to be weak in a data set, in sentences, from what its tables count. Plain Python."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

SHOWN = 3  # languages with the largest share


class Evidence(NamedTuple):
    """What the tables count, by language where it is a mapping.

    `lost` is annotator -> language -> the share of its mentions that have no place in their passage.
    """

    languages: Sequence[str]
    splits: Mapping[str, Collection[str]]
    labels: Mapping[str, int]
    unnamed: Mapping[str, int]
    graded: Sequence[str]
    audited: int
    lost: Mapping[str, Mapping[str, float]]
    unlicensed: int


def sentences(evidence: Evidence) -> Iterator[str]:
    """One sentence for each weakness that is there."""
    yield from _names(evidence)
    yield from _lost(evidence.lost)
    ungraded = [code for code in evidence.languages if code not in evidence.graded]
    if ungraded:
        yield f"No judge graded {_codes(ungraded, evidence.languages)}."
    if not evidence.audited:
        yield "No person has checked a sample of it."
    for split in ("train", "validation", "test"):
        without = [code for code in evidence.languages if split not in evidence.splits.get(code, ())]
        if without:
            yield f"There is no split `{split}` in {_codes(without, evidence.languages)}: too few documents."
    if evidence.unlicensed:
        yield f"The source states no licence for {evidence.unlicensed:,} documents."


def _names(evidence: Evidence) -> Iterator[str]:
    unnamed = {code: count for code, count in evidence.unnamed.items() if count}
    if not unnamed:
        return
    labels = sum(evidence.labels.values())
    yield (
        f"{sum(unnamed.values()):,} of {labels:,} labels have no name in their language: the English one stands in, in "
        "the `target` variants too."
    )
    none = [code for code in evidence.languages if unnamed.get(code) and unnamed[code] == evidence.labels[code]]
    if none:
        yield f"No label has a name of its own in {_codes(none, evidence.languages)}."


def _lost(lost: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for annotator, shares in sorted(lost.items()):
        if any(shares.values()):
            most = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
            worst = ", ".join(f"`{code}` ({_percent(share)})" for code, share in most if share)
            yield (
                f"Of the mentions that `{annotator}` named, {_percent(sum(shares.values()) / len(shares))} have no "
                f"place in their passage and are left out (mean over the languages); most in {worst}."
            )


def _codes(codes: Sequence[str], languages: Sequence[str]) -> str:
    if len(codes) == len(languages):
        return "any language"
    return f"{len(codes)} of {len(languages)} languages ({', '.join(f'`{code}`' for code in codes)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
