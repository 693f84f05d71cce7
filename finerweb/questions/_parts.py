"""Where in an answer a model thinks, and where it answers: the marks of chat formats.

The marks are those of the models' chat templates, and of the reasoning parsers that vLLM and SGLang have for them.
"""

import re
from typing import NamedTuple

_THINK = (
    "think(?:ing)?|thoughts?|reason(?:ing)?|analysis|scratchpad|reflection|rationale|(?:inner_)?monologue|cot|"
    "chain_of_thought|plan(?:ning)?|drafts?|brainstorm(?:ing)?"
)
_FINAL = "(?:final_?)?(?:answer|output|response|result|solution|conclusion|json)|final"

# <think>, <seed:think>, <mm:think>, <ifm|think_fast>, <think:opensource>, <think effort="low">
_TAG = rf"(?:\w+[:|])?(?:{_THINK})(?:[_:][\w-]{{1,20}})?"

_OPENS = (
    rf"<{_TAG}(?:\s[^<>]{{0,60}})?>",
    r"\[THINK\]",  # Mistral
    r"◁think▷",  # Kimi
    r"<\|open\|>\s*think\s*<\|sep\|>",  # Kimi K3
    r"<\|(?:begin_of_thought|START_THINKING|content_thinking|thinking|plamo:begin_think:plamo)\|>",
    r"<\|channel\|>\s*analysis\b[^<]{0,60}(?:<\|message\|>)?",  # gpt-oss
    r"<\|channel>\s*(?:thought|analysis)?",  # Gemma 4
    r"<unused94>",  # Gemma 3's relatives
    r"Here(?:['’]s| is) my thought process:",  # Granite
    r"\Aanalysis(?=[A-Z])",  # gpt-oss, of which a server left out the marks
)
_CLOSES = (
    rf"</{_TAG}>",
    r"\[/THINK\]",
    r"◁/think▷",
    r"<\|close\|>\s*think\s*<\|sep\|>",
    r"<\|(?:end_of_thought|END_THINKING|/thinking|plamo:end_think:plamo)\|>",
    r"<channel\|>",
    r"<unused95>",
)
_ENDS = (r"<\|(?:end|end_message|eom)\|>",)  # of a message, whatever it was
_SWITCHES = (r"<\|channel\|>\s*(?:final|commentary)\b[^<]{0,60}", r"assistant(?:final|commentary)(?=\W)")
_ANSWERS = (
    rf"<(?:{_FINAL})>",
    r"<\|(?:begin_of_solution|START_RESPONSE|START_TEXT|content_text)\|>",
    r"<\|open\|>\s*response\s*<\|sep\|>",
    r"Here(?:['’]s| is) my response:",
    r"^[\s*#_>]{0,20}(?:The )?(?:final )?(?:answer|output|response|result|json)(?: is)?[*_]{0,4}:",
)
_MARK = re.compile(
    "|".join(
        f"(?P<{name}>{'|'.join(marks)})"
        for name, marks in {
            "open": _OPENS,
            "close": _CLOSES,
            "end": _ENDS,
            "switch": _SWITCHES,
            "answer": _ANSWERS,
        }.items()
    ),
    re.IGNORECASE | re.MULTILINE,
)

# Where somebody else speaks next: a model that goes on past its end invents another passage and answers that.
_OTHERS_TURN = re.compile(
    r"<\|im_start\|>\s*(?:user|system)|<start_of_turn>\s*user|<\|turn>\s*user|<\|start_header_id\|>\s*(?:user|system)|"
    r"<\|(?:user|observation|USER_TOKEN)\|>|<｜User｜>|\[INST\]|<\|start\|>\s*(?:user|system)|"
    r"^(?:#{2,4} )?(?:User|Human|Instruction):",
    re.MULTILINE,
)


class Part(NamedTuple):
    """A stretch of an answer: what a model says, or what it thinks before."""

    text: str
    is_thought: bool


def parts(text: str) -> list[Part]:
    """The stretches of an answer, in their order. What precedes a closing mark is thought, with or without a start."""
    thoughts: list[tuple[int, int]] = []
    begun: int | None = None
    answers: int | None = None  # the first place in an open thought that claims to be the answer
    for mark in _MARK.finditer(text):
        kind = mark.lastgroup
        if kind == "open":
            begun, answers = (mark.start(), None) if begun is None else (begun, answers)
        elif kind == "close" or (kind in ("end", "switch") and begun is not None):
            last = thoughts[-1][1] if thoughts else 0
            thoughts.append((last if begun is None else begun, mark.start() if kind == "switch" else mark.end()))
            begun = None
        elif kind == "answer" and answers is None:
            answers = mark.start()
    if begun is not None:
        thoughts.append((begun, len(text) if answers is None else answers))
    return _cut(text, thoughts)


def own_turn(text: str) -> str:
    """An answer up to where it begins to speak for its user."""
    other = _OTHERS_TURN.search(text)
    return text[: other.start()] if other else text


def _cut(text: str, thoughts: list[tuple[int, int]]) -> list[Part]:
    pieces, place = [], 0
    for start, end in thoughts:
        pieces += [Part(text[place:start], False), Part(text[start:end], True)]
        place = end
    return [*pieces, Part(text[place:], False)]
