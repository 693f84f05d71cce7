"""Values that stand in an answer and are not meant: an example, a draft, what would be said if nothing were named."""

import re

from finerweb.questions._lenient import Value

# How a sentence ends that leads to a draft or an example, and no more than two words later to the value.
_DRAFT = re.compile(
    r"(?i)(?:\b(?:for (?:example|instance)|e\.\s?g|such as|should look like|drafts?|placeholder|"
    r"(?:first|rough|empty|initial) (?:try|attempt|pass)|z\. ?B|par exemple|por ejemplo|например)|"
    r"例如|比如|例えば|예를 들어)"
    r"\W{0,3}(?:\w+\W{1,3}){0,2}\Z|\bexample(?: (?:answer|output|response|json))?\W{0,3}\Z"
)
# What the sentence before an empty answer has that is only thought of.
_CONDITION = re.compile(
    r"(?i)\b(if|unless|otherwise|suppos\w+|in case|(?:start|begin)(?:ing)? (?:with|from)|initiali[sz]e\w*|"
    r"wenn|falls|sonst|si|sinon|si no|se|caso|если|иначе|jeśli|als|om|eğer)\b|如果|若|もし|만약|यदि|अगर|إذا"
)
_MEANT = re.compile(r"(?i)\b(final|finally|corrected|revised|definitive)\b")
# How a sentence after an empty answer begins that takes it back.
_TAKEN_BACK = re.compile(
    r"(?i)(?:^|[.!?。！？]\s*|\n)\W{0,3}(?:but|wait|hmm+|however|actually|no,|now|let me|let['’]s|next,|first,)(?!\w)"
)
_SENTENCE = re.compile(r"[.!?。！？]\s+|[。！？]|\n")
_FENCE = re.compile(r"```\w*\s*\Z")
AROUND = 300  # characters before and after a value that are looked at


def is_draft(text: str, value: Value, *, is_empty: bool) -> bool:
    """Does the sentence before a value, or the one after an answer that says `none`, say that it is not meant?"""
    before = _FENCE.sub("", text[max(0, value.start - AROUND) : value.start]).rstrip(" \t\n*_`\"'")
    lead = _SENTENCE.split(before)[-1]
    if _MEANT.search(lead):
        return False
    if _DRAFT.search(lead) or not is_empty:
        return bool(_DRAFT.search(lead))
    after = text[value.end : value.end + AROUND].lstrip("`\"' .")
    return bool(_CONDITION.search(lead) or _TAKEN_BACK.search(after))
