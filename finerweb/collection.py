"""How answers are collected, whatever the question."""

from dataclasses import dataclass

from pydantic import PositiveInt


@dataclass(frozen=True)
class Collection:
    """`slice` answers are committed at once, or those of a minute, and wait in `spool` until then.

    A request is put up to `attempts` times; where `again` names problems, only requests whose last answer has one of
    them are put, once more.
    """

    slice: PositiveInt
    attempts: PositiveInt
    again: list[str]
    spool: str
