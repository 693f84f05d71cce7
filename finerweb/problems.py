"""Why something could not go on: every value that a column `problem` can have, and what it means in plain words.

Python that writes a problem has one of these types, so that mypy refuses a name that is not here; what Spark's
expressions write, tests/test_problems.py reads from the source. The words are those of the tables' comments, the report
and the data card.
"""

from collections.abc import Mapping
from typing import Literal

RecordProblem = Literal[
    "invalid_utf8",
    "malformed_json",
    "empty_file",
    "unreadable_file",
    "bad_mark",
    "not_text",
    "no_text",
    "unknown_language",
    "language_not_chosen",
    "other_script",
    "too_long",
    "duplicate_id",
    "changed",
    "taken_down",
]
ScoreProblem = Literal["over_long", "not_finite"]
PassageProblem = Literal[
    "other_language",
    "near_duplicate",
    "not_scored",
    "not_useful",
    "another_of_document",
    "quota_full",
]
AnswerProblem = Literal[
    "looped",
    "truncated",
    "malformed",
    "empty",
    "refused",
    "over_long",
    "wrong_script",
    "long_name",
    "other_subject",
    "unreachable",
    "rejected",
    "no_model",
]
MentionProblem = Literal[
    "absent",
    "inside_word",
    "claimed",
    "passed",
    "empty",
    "wrong_script",
    "in_prompt",
    "no_label",
    "long_label",
    "bad_item",
    "unreadable",
]
SpanProblem = Literal["shorter", "other_type", "repeated", "less_likely"]
LabelProblem = Literal[
    "no_letters",
    "long_label",
    "not_in_vocabulary",
    "not_english",
    "not_asked",
    "long_name",
    "wrong_script",
    "other_meaning",
]
TagProblem = Literal["no_text", "duplicate_id"]
FormatProblem = Literal["nested", "overlapping", "same_place", "no_token", "space_at_edge", "bad_label"]

Words = Mapping[str, str]  # problem -> what it means

RECORD: Words = {
    "invalid_utf8": "the line is not valid UTF-8",
    "malformed_json": "the line is not one JSON object",
    "empty_file": "the file has no lines",
    "unreadable_file": "the file cannot be read to its end, or has no column of texts",
    "bad_mark": "a heading, or the mark of an entity, cannot be read",
    "not_text": "its text, id, language, script or url is a list, an object, a number or the like",
    "no_text": "the record has no text",
    "unknown_language": "its language is not in languages.yml",
    "language_not_chosen": "its language is not among ingest.languages",
    "other_script": "it is written in another script than its language",
    "too_long": "its text is longer than ingest.max_characters",
    "duplicate_id": "an earlier record has the same id and text",
    "changed": "its id belongs to another text, which stays",
    "taken_down": "the document was taken down, and is refused since then",
}
SCORE: Words = {
    "over_long": "the passage is longer than the encoder reads at once",
    "not_finite": "the regression gave no finite number",
}
PASSAGE: Words = {
    "other_language": "the passage is in another language than its document",
    "near_duplicate": "an earlier passage says almost the same",
    "not_scored": "its score was not needed, or score.at_most was reached before",
    "not_useful": "its score is not above the threshold",
    "another_of_document": "another passage of its document was chosen",
    "quota_full": "its language already had enough passages",
}
ANSWER: Words = {
    "looped": "the answer repeats itself to its end; what stands before is kept",
    "truncated": "the answer stopped at the token limit",
    "malformed": "the answer is not in the form that was asked for",
    "empty": "the answer is empty",
    "refused": "the model, or a filter before it, refused to answer",
    "over_long": "the request is longer than the model can read",
    "wrong_script": "the answer is in a script that does not belong there",
    "long_name": "the name is as long as an explanation",
    "other_subject": "nothing that the answer quotes is in the passage",
    "unreachable": "the model could not be reached, or broke off",
    "rejected": "the model's server did not accept the request",
    "no_model": "the annotator has no model for the language",
}
MENTION: Words = {
    "absent": "the passage does not contain the mention",
    "inside_word": "the mention is only there as part of a longer word",
    "claimed": "other mentions took every place where it stands",
    "passed": "it only stands before the mention that was named before it",
    "empty": "the annotator wrote nothing as the mention",
    "wrong_script": "the mention is in a script that the passage does not use",
    "in_prompt": "the mention was copied from the instructions, not from the passage",
    "no_label": "the mention has no type",
    "long_label": "the type is too long to be the name of one",
    "bad_item": "the item names no mention with its type; the column `mention` has it as JSON",
    "unreadable": "the answer could not be read",
}
SPAN: Words = {
    "shorter": "it gave way to a longer span that it overlaps only a little",
    "other_type": "it gave way to a span of another type",
    "repeated": "the annotator gave the same span and type more than once",
    "less_likely": "it gave way to a span that is more likely to be right",
}
LABEL: Words = {
    "no_letters": "the label has no letters",
    "long_label": "the label is too long to be the name of a type",
    "not_in_vocabulary": "the frozen vocabulary does not have the label",
    "not_english": "the label is not English, and could not be put into English",
    "not_asked": "no model was asked for its name",
    "long_name": "the name is as long as an explanation",
    "wrong_script": "the name is not in the script of its language",
    "other_meaning": "the name, put into English again, means something else",
}
TAG: Words = {
    "no_text": "the row has no text",
    "duplicate_id": "rows with other texts have the same key",
}
FORMAT: Words = {
    "nested": "the span lies inside a longer one",
    "overlapping": "the span overlaps a longer one",
    "same_place": "the span has another label already",
    "no_token": "the span has no token in it",
    "space_at_edge": "the span begins or ends with white space",
    "bad_label": "the label has a tab or the end of a line in it",
}

# Table -> what its column `problem` can say. A passage without a score keeps the problem of its score, and what was to
# be read from an answer keeps that of the answer. Of `entities` it is the problem of what gave way, in `lost`.
OF_TABLE: Mapping[str, Words] = {
    "rejects": RECORD,
    "scores": SCORE,
    "selection": {**SCORE, **PASSAGE},
    "completions": ANSWER,
    "ratings": ANSWER,
    "verdicts": ANSWER,
    "mentions": {**ANSWER, **MENTION},
    "entities": SPAN,
    "labels": {**ANSWER, **LABEL},
    "tags": TAG,
    "unaligned": FORMAT,
}


def meaning(table: str, problem: str) -> str:
    """What a problem of a table means; empty for what a question that is not finerweb's own has made up."""
    return OF_TABLE[table].get(problem, "")


def listed(words: Words) -> str:
    """The names of problems, for the comment of a column."""
    return ", ".join(words)
