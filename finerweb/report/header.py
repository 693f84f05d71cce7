"""The card's header: the YAML by which `datasets` and a hub know what is in the folder."""

import re
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import yaml

from finerweb.formats import release
from finerweb.formats.release import Row
from finerweb.report.counts import Rows
from finerweb.report.facts import MAIN_VARIANT, Facts

BY_LANGUAGE = "languages"  # the configuration with a split for each language

# Licences by the names that a hub has for them; it takes others as words.
LICENCES = frozenset(
    (
        *("apache-2.0", "bsd-3-clause", "gpl-3.0", "mit", "odbl", "odc-by", "pddl"),
        *("cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
        *("cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-4.0"),
        *("cdla-permissive-2.0", "cdla-sharing-1.0"),
    )
)


class Configuration(NamedTuple):
    """What is loaded under a name: a variant, and the paths of the files of each split, as a pattern."""

    name: str
    variant: str
    paths: dict[str, str]


def write(facts: Facts) -> str:
    """The header, without the lines around it. What looks like another value in YAML is quoted."""
    every = configurations(facts)
    metadata = {
        "pretty_name": facts.name,
        **licence(facts.licence),
        "task_categories": ["token-classification"],
        "language": [language.code for language in facts.languages],
        "configs": [
            {
                "config_name": configuration.name,
                "data_files": [{"split": split, "path": path} for split, path in configuration.paths.items()],
            }
            for configuration in every
        ],
        # Declared, since what JSON lines have is guessed from the first file otherwise: where no sentence of a
        # language has a span, it would have no labels either, and could not be loaded with the others.
        "dataset_info": [
            {"config_name": configuration.name, "features": features(configuration.variant)} for configuration in every
        ],
    }
    return _yaml(metadata)


def _yaml(metadata: Mapping[str, Any]) -> str:
    return yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=1000, default_flow_style=None)


def features(variant: str) -> list[dict[str, Any]]:
    """What a record of a variant has, as `datasets` writes it into a card."""
    kind = "list" if variant.endswith("-multi") else "dtype"
    span = [{"name": "start", "dtype": "int32"}, {"name": "end", "dtype": "int32"}, {"name": "label", kind: "string"}]
    return [
        {"name": "id", "dtype": "string"},
        {"name": "text", "dtype": "string"},
        {"name": "char_spans", "list": span},
        {"name": "quartile", "dtype": "int32"},
    ]


def configurations(facts: Facts) -> list[Configuration]:
    """What can be loaded: each variant of each language, and the main variant with a split for each language."""
    files: dict[tuple[str, str], Rows] = {}
    for row in sorted(facts.loaded, key=itemgetter("language", "variant")):
        files.setdefault((row["language"], row["variant"]), []).append(row)
    variants = [
        Configuration(
            language if variant == MAIN_VARIANT else f"{language}-{variant}",
            variant,
            {row["split"]: _pattern(row) for row in rows},
        )
        for (language, variant), rows in files.items()
    ]
    return variants + by_language(facts)


def by_language(facts: Facts) -> list[Configuration]:
    """The configurations that have a split for each language: the main variant, split by split."""
    names = {"train": BY_LANGUAGE, "validation": f"{BY_LANGUAGE}-validation", "test": f"{BY_LANGUAGE}-test"}
    main = [row for row in facts.loaded if row["variant"] == MAIN_VARIANT]
    paths = {
        name: {split_of(row["language"]): _pattern(row) for row in main if row["split"] == split}
        for split, name in names.items()
    }
    return [Configuration(name, MAIN_VARIANT, splits) for name, splits in paths.items() if splits]


def _pattern(row: Row) -> str:
    return release.pattern(row["variant"], row["language"], row["split"], row["format"])


def narrowed(card: str, files: Iterable[Row]) -> str:
    """A card whose header has no split any more of which there is no file."""
    header, text = release.parts(card)
    metadata, patterns = yaml.safe_load(header), {_pattern(row) for row in files}
    for configuration in metadata["configs"]:
        configuration["data_files"] = [part for part in configuration["data_files"] if part["path"] in patterns]
    names = {configuration["config_name"] for configuration in metadata["configs"] if configuration["data_files"]}
    for section in ("configs", "dataset_info"):
        metadata[section] = [entry for entry in metadata[section] if entry["config_name"] in names]
    return f"---\n{_yaml(metadata)}---\n{text}"


def split_of(code: str) -> str:
    """A language as the name of a split, which has no sign but the underscore, and is not `all` of them."""
    return "all_" if code == "all" else re.sub(r"\W", "_", code)


def licence(words: str) -> dict[str, str]:
    """A licence as a hub wants it: by its own name for it, or as words."""
    if words.lower() in LICENCES:
        return {"license": words.lower()}
    return {"license": "other", "license_details": words}
