"""The data set's card: its README.md, by which `datasets` loads it and people learn what it is."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from finerweb import plugins, problems, questions
from finerweb.formats.release import ENDINGS
from finerweb.report import header, trust, weaknesses
from finerweb.report.facts import MAIN_VARIANT, Facts
from finerweb.report.rendering import cell, filled


def render(facts: Facts) -> str:
    """The card: a header in YAML, and what people should know in Markdown."""
    main = [configuration for configuration in header.configurations(facts) if configuration.variant == MAIN_VARIANT]
    examples = [*main[:1], *header.by_language(facts)]
    values = {
        "facts": facts,
        "header": header.write(facts),
        "formats": {name: ENDINGS[name] for name in facts.formats},
        "examples": examples,
        "main": MAIN_VARIANT,
        "example": examples[0].name if examples else "eng",  # no passage may have been useful
        "prompts": _prompts(facts),
        "uses_lexicon": any(row["engine"].startswith("lexicon-") for row in facts.engines),
        "judges": _judges(facts),
        "audited": trust.audited(facts.measures),
        "precisions": trust.PRECISIONS,
        "meaning": partial(problems.meaning, "unaligned"),
        "weaknesses": list(weaknesses.sentences(facts.evidence)),
    }
    return filled("card.md.j2", values, {"cell": cell})


def _prompts(facts: Facts) -> list[dict[str, str]]:
    """The instructions of each question; without those whose wording has changed since."""
    prompts = sorted({(row["question"], row["prompt"]) for row in facts.engines})
    return [
        {"question": question, "prompt": prompt, "text": plugins.load("finerweb.questions", question).PROMPT}
        for question, prompt in prompts
        if question in plugins.names("finerweb.questions") and questions.fingerprint(question) == prompt
    ]


def _judges(facts: Facts) -> list[Mapping[str, Any]]:
    """Each judge's mean grades over the languages, and the planted errors that it caught."""
    means = facts.means("verdicts")
    names = (*trust.GRADES, *trust.ERRORS_FOUND)
    return [
        {
            "judge": judge,
            **{name: means[f"{judge}/{name}"] for name in names},
            "caught": trust.caught(facts.measures, judge),
        }
        for judge in sorted({detail.rpartition("/")[0] for detail in means})
    ]
