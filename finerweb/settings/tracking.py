"""The section `tracking`: where runs and models are, and names that a registry takes."""

import re

from pydantic import ValidationInfo, field_validator

from finerweb.settings.section import Section


class Tracking(Section):
    """MLflow. A name that the registry would refuse is refused here, before anything is trained for it."""

    uri: str
    experiment: str
    model: str
    student: str
    alias: str
    challenger: str

    @field_validator("experiment")
    @classmethod
    def _is_place(cls, experiment: str, info: ValidationInfo) -> str:
        if _is_databricks(info) and not experiment.startswith("/"):
            raise ValueError("wanted a place in the workspace, since tracking.uri is databricks: /Shared/finerweb")
        return experiment

    @field_validator("model", "student")
    @classmethod
    def _is_registrable(cls, name: str, info: ValidationInfo) -> str:
        if _is_databricks(info) and not re.fullmatch(r"[^./:\s]+(\.[^./:\s]+){2}", name):
            raise ValueError(
                "wanted catalog.schema.name, since tracking.uri is databricks, whose models are in Unity Catalog: "
                f"prod.finerweb.{info.field_name}"
            )
        if not name.strip() or re.search("[/:]", name):
            raise ValueError("wanted a name without / and :, which MLflow has other uses for")
        return name

    @field_validator("alias", "challenger")
    @classmethod
    def _is_alias(cls, alias: str) -> str:
        if not re.fullmatch(r"(?!latest$|v\d+$)[A-Za-z0-9_-]+", alias):
            raise ValueError("wanted letters, digits, - and _, other than latest and v1: MLflow has these itself")
        return alias


def _is_databricks(info: ValidationInfo) -> bool:
    return str(info.data.get("uri", "")).startswith("databricks")
