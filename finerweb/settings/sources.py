"""The setting `ingest.sources`: where documents come from."""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, model_validator

FORMATS = {".jsonl": "jsonl", ".json": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".txt": "annotated"}


class Source(BaseModel):
    """Where documents come from. A bare path or Hub id is enough where its ending tells the format."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[\w.-]+$")
    format: Literal["annotated", "jsonl", "parquet", "delta", "table", "hub"]
    path: str
    language: str | None = None  # of all its documents, where the records do not say
    configs: list[str] = []  # of a Hub data set, such as tha_Thai; empty for its default
    split: str = "train"
    revision: str | None = None
    limit: NonNegativeInt = 0  # records to take from each config of a Hub data set; 0 for all

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"path": value}
        if isinstance(value, dict) and isinstance(value.get("path"), str):
            file = Path(re.sub(r"\.(gz|bz2|zst)$", "", value["path"]))
            name = file.name.split(".")[-1 if value.get("format") == "table" else 0].strip("`")
            value = {"name": re.sub(r"[^\w.-]", "_", name) or "source", **value}
            if "format" not in value and file.suffix in FORMATS:
                value["format"] = FORMATS[file.suffix]
        return value
