"""When a table's files are too many and too small, and what became of them."""

from typing import NamedTuple

# As many as tasks read at once by default (the setting `tasks`): fewer files are not read in less time.
FEW = 64
# Spark plans with as much for the opening of a file (spark.sql.files.openCostInBytes). Where opening costs more than
# reading, files are made fewer. Below 100 GB Delta clusters all of a table anew: files that are a share of the table's
# size are waited for, so that a table that grows to n bytes is written a few times, not once for each append.
OPENING = 4 * 1024 * 1024
# Appends between two looks at the number of files: a look costs 0.05 s.
LOOK_EVERY = 4


class Size(NamedTuple):
    """The files of a table's last version, and their bytes."""

    files: int
    bytes: int

    @property
    def is_scattered(self) -> bool:
        """Would the table be read in clearly less time if its files were few?"""
        return self.files > FEW and self.files * OPENING > self.bytes


class Compaction(NamedTuple):
    """A table's size before and after its small files were put together."""

    before: Size
    after: Size


def is_conflict(error: Exception) -> bool:
    """Did somebody else's commit come between, so that Delta gave this one up?"""
    return "[DELTA_CONCURRENT_" in str(error) or "[DELTA_METADATA_CHANGED" in str(error)
