"""Where in an answer a model thinks, and where it answers: the marks of chat formats.

The marks are those of the models' chat templates, and of the reasoning parsers that vLLM and SGLang have for them.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from finerweb.questions._values import values

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

# Where somebody else speaks next, or the text ends: a model that goes on invents another passage and answers that.
# Harmony's <|end|> is no such mark: it ends a message, and the answer may be a later one. The words are those of the
# questions' own prompts, and of prompts with examples.
_OTHERS_TURN = re.compile(
    r"<\|im_start\|>\s*(?:user|system)|<start_of_turn>\s*user|<\|turn>\s*user|<\|start_header_id\|>\s*(?:user|system)|"
    r"<\|(?:user|observation|USER_TOKEN)\|>|<｜User｜>|\[INST\]|<\|start\|>\s*(?:user|system)|"
    r"<\|(?i:im_end|eot|eot_id|end_?of_?(?:text|turn|sentence)(?:_token)?|(?:assistant|role)_end|return)\|>|"
    r"<｜end▁of▁sentence｜>|\[\|endofturn\|\]|<end_of_turn>|<turn\|>|<eos>|</s>|"
    r"(?P<words>^[ \t#*_>]{0,8}(?:User|Human|Instruction|Input|Question|Q|Example \d{1,3}|"
    r"Language(?:, or English)?|Passage|Annotations|Entity type)[*_]{0,3}:)",
    re.MULTILINE,
)

TURNS = 8  # that are looked at: a model that repeats one does so thousands of times


class Part(NamedTuple):
    """A stretch of an answer: what a model says, or what it thinks before."""

    text: str
    is_thought: bool


def parts(text: str) -> list[Part]:
    """The stretches of an answer, in their order. What precedes a closing mark is thought, with or without a start."""
    pieces, place = [], 0
    for start, end in _thoughts(text):
        pieces += [Part(text[place:start], False), Part(text[start:end], True)]
        place = end
    return [*pieces, Part(text[place:], False)]


def own_turns(text: str) -> Iterator[str]:
    """A text up to each place, from the first on, where it may begin to speak for somebody else."""
    turns = [*islice(_OTHERS_TURN.finditer(text), TURNS)]
    within = [(value.start, value.end) for value in values(text) if value.is_whole] if turns else []
    thoughts = _thoughts(text)
    for turn in turns:
        others = within + thoughts if turn["words"] else within
        if not any(start <= turn.start() < end for start, end in others):
            yield text[: turn.start()]


def _thoughts(text: str) -> list[tuple[int, int]]:
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
    return thoughts
