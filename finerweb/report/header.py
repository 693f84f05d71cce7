"""The card's header: the YAML by which `datasets` and a hub know what is in the folder."""

from typing import Any

import yaml

from finerweb.report.counts import Rows
from finerweb.report.facts import MAIN_VARIANT, Facts

BY_LANGUAGE = "languages"  # the configuration with a split for each language


def write(facts: Facts) -> str:
    """The header, without the lines around it. Whatever looks like something else in YAML is quoted."""
    metadata = {
        "pretty_name": facts.name,
        "task_categories": ["token-classification"],
        "language": [language.code for language in facts.languages],
        "configs": configurations(facts),
    }
    return yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=1000)


def configurations(facts: Facts) -> list[dict[str, Any]]:
    """What can be loaded: each variant of each language, and a variant with a split for each language."""
    variants = [
        _configuration(
            language.code if variant == MAIN_VARIANT else f"{language.code}-{variant}",
            [row for row in facts.loaded if (row["variant"], row["language"]) == (variant, language.code)],
            split="split",
        )
        for language in facts.languages
        for variant in facts.variants
    ]
    return variants + [_configuration(name, rows, split="language") for name, rows in by_language(facts).items()]


def by_language(facts: Facts) -> dict[str, Rows]:
    """The configurations that have a split for each language, and their files: the main variant, split by split."""
    names = {"train": BY_LANGUAGE, "validation": f"{BY_LANGUAGE}-validation", "test": f"{BY_LANGUAGE}-test"}
    files = {
        name: [row for row in facts.loaded if (row["variant"], row["split"]) == (MAIN_VARIANT, split)]
        for split, name in names.items()
    }
    return {name: rows for name, rows in files.items() if rows}


def _configuration(name: str, files: Rows, *, split: str) -> dict[str, Any]:
    return {"config_name": name, "data_files": [{"split": row[split], "path": row["path"]} for row in files]}
