"""Who has asked which question, one after the other: the lock that lets one run ask at a time."""

from finerweb.table import Column, Table

TABLE = Table(
    name="holders",
    comment="A run that held a question: nobody else asked it until the run had ended.",
    key=("question", "token"),
    columns=(
        Column("question", "string", "a file of finerweb/questions", nullable=False),
        Column("token", "int", "1, 2, 3 ...: the last one may ask", nullable=False),
        Column("holder", "string", "unique", nullable=False),
        Column("run", "string", "the run_id of the job, empty for a command", nullable=False),
        Column("host", "string", "the machine of its driver", nullable=False),
        Column("pid", "int", "the driver's process there", nullable=False),
        Column("claimed", "timestamp", "when, by that machine's clock", nullable=False),
    ),
    cluster=("question",),
)
