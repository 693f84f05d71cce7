"""Answers in the shapes in which public models give them: what surrounds an answer, how its JSON is written, who does so.

In the texts ANSWER stands for the JSON of an answer, QUOTED for the same as a string, DRAFT for another answer that is
not meant, EMPTY for one that names nothing, FORMAT for the format of the instructions.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Content:
    """What an answer says, what is to be read from it, and what stands beside it and is not to be read."""

    answer: dict[str, Any]
    wanted: Any
    draft: dict[str, Any]
    empty: dict[str, Any]
    format: str

    def put(self, text: str, written: str | None = None) -> str:
        """A text with the answer in it; `written` where it is not plain JSON."""
        answer = written or json.dumps(self.answer, ensure_ascii=False)
        parts = {"QUOTED": json.dumps(answer, ensure_ascii=False), "ANSWER": answer, "FORMAT": self.format}
        parts |= {name: json.dumps(part) for name, part in {"DRAFT": self.draft, "EMPTY": self.empty}.items()}
        for name, part in parts.items():
            text = text.replace(name, part)
        return text


def _entity(mention: str, label: str) -> dict[str, str]:
    return {"mention": mention, "type": label}


CONTENTS = {
    "ner": Content(
        {"entities": [_entity("Lena Berg", "person"), _entity("Østre \"Dal\" [1]", "valley"), _entity("ओस्लो", "city")]},
        [["Lena Berg", "person"], ["Østre \"Dal\" [1]", "valley"], ["ओस्लो", "city"]],
        {"entities": [_entity("Oslo", "city")]},
        {"entities": []},
        '{"entities": [{"mention": "...", "type": "..."}, ...]}',
    ),
    "usefulness": Content(
        {"justification": "Names a person, and \"two\" places {in passing}.", "score": 3},
        [3, "Names a person, and \"two\" places {in passing}."],
        {"justification": "First glance.", "score": 1},
        {"justification": "", "score": 2},
        '{"justification": "...", "score": ...}',
    ),
    "judge": Content(
        {
            "explanation": "One is missing; \"Dal\" is no city.",
            "faithfulness": 4,
            "completeness": 3,
            "missing": ["Berg [2]"],
            "extra": [],
            "wrong": ["Østre Dal"],
        },
        [4, 3, ["Berg [2]"], [], ["Østre Dal"], "One is missing; \"Dal\" is no city."],
        {"explanation": "", "faithfulness": 5, "completeness": 5, "missing": [], "extra": [], "wrong": []},
        {"explanation": "", "faithfulness": 1, "completeness": 1, "missing": [], "extra": [], "wrong": []},
        '{"explanation": "...", "faithfulness": ..., "completeness": ..., "missing": [...]}',
    ),
    "label_name": Content({"name": "ville d'eau"}, "ville d'eau", {"name": "bain"}, {"name": ""}, '{"name": "..."}'),
    "label_english": Content(
        {"english": "spa town"}, "spa town", {"english": "bath"}, {"english": ""}, '{"english": "..."}'
    ),
}  # fmt: skip

THOUGHT = "The passage [1] has names. A first try: DRAFT. If there were none: EMPTY. As the format FORMAT asks, {so}."

# Family -> what it writes around an answer.
FAMILIES: dict[str, dict[str, str]] = {
    "Qwen3, QwQ": {
        "thinks": f"<think>\n{THOUGHT}\n</think>\n\nANSWER",
        "thinks of nothing named": "<think>\nIf nothing were named: EMPTY. But there is.\n</think>\n\nANSWER",
        "does not think": "<think>\n\n</think>\n\nANSWER",
        "the template opens the thought": f"Okay, let me see. {THOUGHT}\n</think>\n\nANSWER",
        "fenced": "<think>\nDRAFT\n</think>\n\n```json\nANSWER\n```",
        "end of turn": "ANSWER<|im_end|>",
        "goes on as its user": "ANSWER<|im_end|>\n<|im_start|>user\nPassage: Oslo.<|im_end|>\n<|im_start|>assistant\nDRAFT",
        "calls a tool": '<tool_call>\n{"name": "answer", "arguments": ANSWER}\n</tool_call>',
        "never ends its thought": f"<think>\n{THOUGHT}\n\nFinal answer:\nANSWER",
        "answers inside its thought": "<think>\nANSWER\n</think>",
    },
    "DeepSeek": {
        "R1": f"<think>\n{THOUGHT}\n</think>\n\n**Final Answer:**\n```json\nANSWER\n```",
        "R1, boxed": "<think>\nDRAFT\n</think>\n\n\\boxed{ANSWER}",
        "R1-Zero": "<think> DRAFT </think> <answer> ANSWER </answer>",
        "thinks twice": "<think>DRAFT</think>\nLet me reconsider.\n<think>EMPTY</think>\nANSWER",
        "V3 calls a tool": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>answer\n```json\nANSWER\n```"
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "end of sentence": "ANSWER<｜end▁of▁sentence｜>",
        "goes on as its user": "ANSWER<｜User｜>Another passage.<｜Assistant｜>DRAFT",
    },
    "gpt-oss": {
        "harmony": f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>ANSWER<|return|>",
        "constrained": "<|channel|>analysis<|message|>DRAFT<|end|><|start|>assistant<|channel|>final <|constrain|>json"
        "<|message|>ANSWER",
        "marks left out": "analysisWe need to list names. Could be EMPTY. No: two.assistantfinalANSWER",
        "analysis never ended": "<|channel|>analysis<|message|>Maybe EMPTY<|channel|>final<|message|>ANSWER<|return|>",
        "calls a tool": "<|channel|>analysis<|message|>DRAFT<|end|><|start|>assistant<|channel|>commentary "
        "to=functions.answer <|constrain|>json<|message|>ANSWER<|call|>",
        "final alone": "<|channel|>final<|message|>ANSWER<|return|>",
    },
    "Mistral, Magistral": {
        "tokens": f"[THINK]{THOUGHT}[/THINK]ANSWER",
        "2506": f"<think>\n{THOUGHT}\n</think>\n\nANSWER",
        "content parts": '[{"type": "thinking", "thinking": [{"type": "text", "text": "DRAFTED"}]}, '
        '{"type": "text", "text": QUOTED}]',
        "calls a tool": '[TOOL_CALLS][{"name": "answer", "arguments": ANSWER}]',
        "calls a tool, v11": "[TOOL_CALLS]answer[ARGS]ANSWER",
        "end": "ANSWER</s>",
        "goes on as its user": "ANSWER</s>[INST] Another passage. [/INST] DRAFT",
    },
    "Gemma": {
        "fenced": "```json\nANSWER\n```<end_of_turn>",
        "4 thinks": f"<|channel>thought\n{THOUGHT}<channel|>ANSWER<turn|>",
        "4, an empty thought": "<|channel>thought\n<channel|>ANSWER<turn|>",
        "MedGemma": f"<unused94>thought\n{THOUGHT}<unused95>ANSWER",
        "explains": "Here's the JSON:\n\n```json\nANSWER\n```\n\n**Explanation:**\n\n* **[1]** the first\n* `{x}` none",
        "goes on as its user": "ANSWER<end_of_turn>\n<start_of_turn>user\nOslo.<end_of_turn>\n<start_of_turn>model\nDRAFT",
    },
    "Llama": {
        "introduces": "Here is the JSON object:\n\n```\nANSWER\n```\n\nNote: I left out [unclear] ones.",
        "header": "<|start_header_id|>assistant<|end_header_id|>\n\nANSWER<|eot_id|>",
        "goes on as its user": "ANSWER<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nOslo.<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nDRAFT",
        "calls a tool": '{"name": "answer", "parameters": ANSWER}',
        "calls a tool, 3.1": '<|python_tag|>{"type": "function", "name": "answer", "parameters": ANSWER}<|eom_id|>',
        "steps": "## Step 1: Find the names\nOne is [Oslo].\n\n## Step 2: Write JSON\n\nThe final answer is: ANSWER",
        "Nemotron": f"<think>\n{THOUGHT}\n</think>\nANSWER",
    },
    "Phi": {
        "4 reasoning": f"<think>{THOUGHT}</think>\n\n### Solution\n\n```json\nANSWER\n```",
        "3": "<|assistant|>\nANSWER<|end|>",
        "3 goes on as its user": "ANSWER<|end|>\n<|user|>\nOslo.<|end|>\n<|assistant|>\nDRAFT",
        "3 invents a task": "ANSWER\n\n### Instruction:\nNow the same for Oslo.\n\n### Answer:\nDRAFT",
    },
    "Command": {
        "A thinks": f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>ANSWER<|END_RESPONSE|>",
        "calls a tool": '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "answer", "parameters": ANSWER}]<|END_ACTION|>',
        "R plans": 'Plan: list them.\nAction: ```json\n[{"tool_name": "answer", "parameters": ANSWER}]\n```',
    },
    "GLM": {
        "thinks": f"<think>{THOUGHT}</think>\n<answer>ANSWER</answer>",
        "boxes": "<think>DRAFT</think><|begin_of_box|>ANSWER<|end_of_box|>",
        "goes on as its user": "ANSWER<|user|>\nOslo.<|assistant|>\nDRAFT",
    },
    "Kimi": {
        "1.5": f"◁think▷{THOUGHT}◁/think▷ANSWER",
        "K2": f"<think>{THOUGHT}</think>ANSWER",
        "K2 calls a tool": "<|tool_calls_section_begin|><|tool_call_begin|>functions.answer:0<|tool_call_argument_begin|>"
        "ANSWER<|tool_call_end|><|tool_calls_section_end|>",
        "K3": f"<|open|>think<|sep|>{THOUGHT}<|close|>think<|sep|><|open|>response<|sep|>ANSWER<|close|>response<|sep|>",
    },
    "other open models": {
        "Granite": f"Here is my thought process: {THOUGHT}\nHere is my response: ANSWER",
        "Hunyuan": f"<think>\n{THOUGHT}\n</think>\n<answer>\nANSWER\n</answer>",
        "ERNIE": f"<think>\n{THOUGHT}\n</think>\n\n<response>\nANSWER\n</response>\n",
        "Seed-OSS": f"<seed:think>{THOUGHT}<seed:cot_budget_reflect>100 left.</seed:cot_budget_reflect></seed:think>ANSWER",
        "MiniMax": f"<mm:think>{THOUGHT}</mm:think>ANSWER",
        "OpenThoughts": f"<|begin_of_thought|>\n{THOUGHT}\n<|end_of_thought|>\n<|begin_of_solution|>\nANSWER\n<|end_of_solution|>",
        "EXAONE": f"<thought>\n{THOUGHT}\n</thought>\n\nANSWER",
        "Marco-o1": f"<Thought>\n{THOUGHT}\n</Thought>\n<Output>\nANSWER\n</Output>",
        "Reflection": "<thinking>\nDRAFT\n<reflection>\nEMPTY is wrong.\n</reflection>\n</thinking>\n<output>\nANSWER\n</output>",
        "K2 of MBZUAI": f"<ifm|think_fast>{THOUGHT}</ifm|think_fast>ANSWER",
        "Inkling": f"<|content_thinking|>{THOUGHT}<|end_message|><|message_model|><|content_text|>ANSWER<|end_message|>",
        "PLaMo": f"<|plamo:begin_think:plamo|>{THOUGHT}<|plamo:end_think:plamo|>ANSWER",
        "Apertus": f"<|inner_prefix|>{THOUGHT}<|inner_suffix|>ANSWER<|assistant_end|>",
    },
    "Claude": {
        "thinks aloud": f"<thinking>\n{THOUGHT}\n</thinking>\n\nANSWER",
        "tags": "I'll go through the passage [first].\n\n<result>\nANSWER\n</result>",
        "calls a tool": '<function_calls><invoke name="answer"><parameter name="json">ANSWER</parameter></invoke></function_calls>',
        "plans": f"<analysis>{THOUGHT}</analysis>\n<json>ANSWER</json>",
        "explains": 'ANSWER\n\nI read "Berg" [2] as a name (see `{...}`); tell me if you want (more).',
    },
    "GPT": {
        "introduces": "Sure! Here's the result:\n\nANSWER",
        "fenced": "```json\nANSWER\n```",
        "fenced, asks": "Sure:\n```json\nANSWER\n```\nAnything else [or more]?",
        "fence of no name": "```\nANSWER\n```",
        "fence never closed": "```json\nANSWER",
        "fence of a language": "```javascript\nconst answer = ANSWER;\n```",
        "repeats the format": "Format: FORMAT\n\nAnswer: ANSWER",
        "repeats the format after": "ANSWER\n\nThis follows FORMAT.",
        "two fences": "First pass:\n```json\nDRAFT\n```\nCorrected:\n```json\nANSWER\n```",
        "reacts": f"Thought: {THOUGHT}\nAction: Final Answer\nAction Input: ANSWER",
        "thought and answer": "Thought: names, e.g. DRAFT\nAnswer: ANSWER",
        "says what it would": "If there were none, I would write EMPTY. Here they are: ANSWER",
        "an object before": '{"status": "ok"}\nANSWER',
        "an object after": 'ANSWER\n{"confidence": 0.93}',
        "a footnote before": "The passage [1] has them [2, 3]:\nANSWER",
        "a footnote after": "ANSWER\n\n[1] As in the passage.",
        "wrapped": '{"response": ANSWER}',
        "wrapped twice": '{"status": "ok", "data": {"result": ANSWER}}',
        "in a list": "[ANSWER]",
        "as a string": '{"answer": QUOTED}',
        "all a string": "QUOTED",
        "a message": '{"role": "assistant", "content": QUOTED}',
        "a completion": '{"choices": [{"message": {"content": QUOTED}}]}',
        "calls a function": '{"function_call": {"name": "answer", "arguments": QUOTED}}',
        "calls a tool": '{"tool_calls": [{"type": "function", "function": {"name": "answer", "arguments": QUOTED}}]}',
        "doubled braces": "{ANSWER}",
        "a bullet": "* ANSWER",
        "bold": "**Answer:** ANSWER",
    },
}


def _pretty(content: Content) -> str:
    return json.dumps(content.answer, ensure_ascii=False, indent=2)


def _with_comments(content: Content) -> str:
    lines = _pretty(content).split("\n")
    return "\n".join([f"{lines[0]} // as asked [x]", *lines[1:-1], "/* that { is */", f"# all\n{lines[-1]}"])


def _commas(content: Content) -> str:
    return _pretty(content).replace('"\n', '",\n').replace("}\n", "},\n").replace("]\n", "],\n")


def _without_quotes(content: Content) -> str:
    """Names of members as in JavaScript."""
    text = json.dumps(content.answer, ensure_ascii=False)
    for name in ("entities", "mention", "type", "score", "justification", "faithfulness", "missing", "name", "english"):
        text = text.replace(f'"{name}":', f"{name}:")
    return text


def _raw_breaks(content: Content) -> str:
    """A line break and a tab inside the strings, as they are."""
    return json.dumps(content.answer, ensure_ascii=False).replace(" ", "\n\t ")


# How the JSON itself is written: name -> text of an answer. Strings keep their words, some other white space.
WRITINGS: dict[str, Callable[[Content], str]] = {
    "indented": _pretty,
    "Windows": lambda content: _pretty(content).replace("\n", "\r\n"),
    "escapes": lambda content: json.dumps(content.answer),
    "Python": lambda content: repr(content.answer),
    "comments": _with_comments,
    "commas": _commas,
    "bare names": _without_quotes,
    "typographic quotes": lambda content: (
        json.dumps(content.answer, ensure_ascii=False).replace('\\"', "'").replace('": ', "”: ").replace('", ', "”, ")
        .replace('"]', "”]").replace('"}', "”}").replace('"', "“")
    ),
    "full-width signs": lambda content: json.dumps(content.answer, ensure_ascii=False, separators=("，", "：")),
    "quotes not escaped": lambda content: json.dumps(content.answer, ensure_ascii=False).replace('\\"', '"'),
    "a bracket missing": lambda content: json.dumps(content.answer, ensure_ascii=False)[:-1],
    "all escaped": lambda content: json.dumps(content.answer, ensure_ascii=False).replace('\\"', "'").replace('"', '\\"'),
    "byte order mark": lambda content: "\ufeff" + json.dumps(content.answer, ensure_ascii=False),
    "more members": lambda content: json.dumps({"id": None, "score_of_model": float("nan"), **content.answer, "note": "x"}),
    "capitals": lambda content: json.dumps({name.title(): member for name, member in content.answer.items()}),
}  # fmt: skip

PLAIN = {"typographic quotes", "all escaped"}  # writings in which \" became '


def answers() -> Iterator[tuple[str, str, str, Any]]:
    """Every shape for every question: its name, the question, the answer, and what is to be read."""
    for question, content in CONTENTS.items():
        for family, shapes in FAMILIES.items():
            for shape, text in shapes.items():
                yield f"{family}: {shape}", question, content.put(text), content.wanted
        for writing, write in WRITINGS.items():
            wanted = json.loads(json.dumps(content.wanted).replace('\\"', "'")) if writing in PLAIN else content.wanted
            yield f"written: {writing}", question, write(content), wanted
            yield f"written in a fence: {writing}", question, f"Sure [1]:\n```json\n{write(content)}\n```", wanted
