"""The card's header: the YAML by which `datasets` and a hub know what is in the folder."""

from operator import itemgetter
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
    files: dict[tuple[str, str], Rows] = {}
    for row in sorted(facts.loaded, key=itemgetter("language", "variant")):
        files.setdefault((row["language"], row["variant"]), []).append(row)
    variants = [
        _configuration(language if variant == MAIN_VARIANT else f"{language}-{variant}", rows, split="split")
        for (language, variant), rows in files.items()
    ]
    return variants + [_configuration(name, rows, split="language") for name, rows in by_language(facts).items()]


def by_language(facts: Facts) -> dict[str, Rows]:
    """The configurations that have a split for each language, and their files: the main variant, split by split."""
    names = {"train": BY_LANGUAGE, "validation": f"{BY_LANGUAGE}-validation", "test": f"{BY_LANGUAGE}-test"}
    main = [row for row in facts.loaded if row["variant"] == MAIN_VARIANT]
    files = {name: [row for row in main if row["split"] == split] for split, name in names.items()}
    return {name: rows for name, rows in files.items() if rows}


def _configuration(name: str, files: Rows, *, split: str) -> dict[str, Any]:
    return {"config_name": name, "data_files": [{"split": row[split], "path": row["path"]} for row in files]}
