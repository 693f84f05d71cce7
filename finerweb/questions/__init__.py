"""Questions to a language model, one per file.

An annotator is a module with
  PROMPT             the instructions, the same for every request (so that prefix caching works)
  SCHEMA             the JSON schema of an answer, arrays and strings bounded
  prompt(payload)    the part that differs: a dict, as the job packed it, to text
  parse(answer)      an answer's text to what it says; raises Unreadable
  doubt(said, payload)  why what it says cannot be an answer to this payload, or None
  TOKENS_OUT         about how long an answer is, for plans and budgets until the first answers tell
"""

import hashlib
import json
from typing import Any

from finerweb import plugins


def fingerprint(name: str) -> str:
    """What an annotator asks, in 12 hex digits: changes with the wording, the schema or how the payload is put."""
    annotator = plugins.load("finerweb.questions", name)
    asked = json.dumps([name, annotator.PROMPT, annotator.SCHEMA, annotator.prompt(_Names())], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:12]


class _Names(dict[str, Any]):
    """A payload whose every field is its own name, to fingerprint a prompt's template."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
