"""What each job read and wrote, and when: the reason why a job has nothing to do, and the way to any run's inputs."""

from finerweb.table import Column, Table

TABLE = Table(
    name="runs",
    comment="One execution of one job.",
    key=("run_id",),
    columns=(
        Column("run_id", "string", "unique", nullable=False),
        Column("job", "string", "the job's name", nullable=False),
        Column("started", "timestamp", "when it began", nullable=False),
        Column("seconds", "double", "how long it took", nullable=False),
        Column(
            "settings", "map<string, string>", "setting that the job read -> fingerprint of its value", nullable=False
        ),
        Column("code", "string", "fingerprint of the project's code, and its git commit where known", nullable=False),
        Column("inputs", "map<string, string>", "table, source or model -> its version then", nullable=False),
        Column("outputs", "map<string, string>", "table, file or model -> its version after", nullable=False),
        Column("rows", "map<string, bigint>", "table -> rows written", nullable=False),
    ),
    cluster=("job",),
)
