"""Entities that a person marked, where a source has them: what the report compares the run with."""

from finerweb.table import Column, Table

TABLE = Table(
    name="gold",
    comment="An entity that a person marked in a document.",
    key=("document_id", "start", "end"),
    columns=(
        Column("document_id", "string", "the document", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("start", "int", "first code point of the mention in the document's text", nullable=False),
        Column("end", "int", "one past its last", nullable=False),
        Column("label", "string", "its type, as marked", nullable=False),
        Column("mention", "string", "text[start:end]", nullable=False),
    ),
    constraints={"span": "0 <= start and start < end", "mention_length": "length(mention) = end - start"},
)
