"""What a run of a job read, wrote and noted: the reason why the next run has something to do, or has not."""

import uuid
from typing import Protocol

ABSENT = "none"


class Outside(Protocol):
    """Something that a job reads or writes outside the lake, such as a model in a registry."""

    @property
    def key(self) -> str:
        """`kind:name`; the kind is that of a module of finerweb/outside."""
        ...

    def state(self) -> str | None:
        """What changes when the thing does, as it is now; None where it is not there."""
        ...


class RunLog:
    """One run of a job.

    `inputs` and `outputs` lead from a key to a state: the version of a table ("" for one that was appended to), or the
    state of something outside the lake. `rows` counts what was written by table; `notes` are worth a word in the job's
    line, and so is the `scope` of a job that does a part of its work: which languages changed.
    """

    def __init__(self, job: str = "") -> None:
        self.job = job
        self.run_id = uuid.uuid4().hex
        self.inputs: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.rows: dict[str, int] = {}
        self.notes: list[str] = []
        self.scope = ""

    @property
    def versions(self) -> dict[str, str]:
        """What was read: a table's version, which `lake.read(TABLE, version=...)` takes, or another thing's state."""
        return {key: state.partition(" ")[0] for key, state in self.inputs.items()}

    def read(self, *resources: Outside) -> None:
        """Note the state of what is read, before it is read."""
        self.inputs |= {resource.key: resource.state() or ABSENT for resource in resources}

    def wrote(self, *resources: Outside) -> None:
        """Note the state of what was written."""
        self.outputs |= {resource.key: resource.state() or ABSENT for resource in resources}
