"""Answers from a script, for tests: `{"answers": {question: text}}`, or a text for every request that contains a key.

Settings
  answers   {question: answer}; an answer is given as it stands
  by_text   {part of the prompt: answer}; looked at first
  fail_on   a part of the prompt at which the engine dies, as a lost GPU would
  tokens_out  what an answer is said to have; 1 if not set
"""

from collections.abc import Iterable, Iterator

from finerweb.cost import Price
from finerweb.engines import Answer, Engine, Request, Spec
from finerweb.errors import EngineFailed

OPTIONS = frozenset({"answers", "by_text", "fail_on", "tokens_out"})
NEUTRAL: frozenset[str] = frozenset()
PRICE = Price()


class Fake:
    """Reads its script."""

    def __init__(self, spec: Spec) -> None:
        self.answers_by_question = spec.settings.get("answers", {})
        self.answers_by_text = spec.settings.get("by_text", {})
        self.fail_on = spec.settings.get("fail_on")
        self.tokens_out = spec.settings.get("tokens_out", 1)

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """The scripted answer of each request; `refused` where the script has none."""
        for request in requests:
            if self.fail_on and self.fail_on in request.prompt:
                raise EngineFailed(f"the fake engine died at {self.fail_on!r}, as its setting fail_on asks")
            scripted = [text for part, text in self.answers_by_text.items() if part in request.prompt]
            text = scripted[0] if scripted else self.answers_by_question.get(request.question)
            if text is None:
                yield Answer(request.request_id, "", finish_reason="refused", problem="refused")
            else:
                yield Answer(
                    request.request_id, text, tokens_in=len(request.prompt.split()), tokens_out=self.tokens_out
                )


def load(spec: Spec) -> Engine:
    """A fake engine."""
    return Fake(spec)
