"""The lake: tables of Delta, and the log of the job that works on them."""

from finerweb.lake.lake import Lake

__all__ = ["Lake"]
