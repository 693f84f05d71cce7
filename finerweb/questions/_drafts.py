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
# What takes an answer back, in the sentence after it or in the one before an empty value.
_CORRECTS = re.compile(
    r"(?i)\b(but|wait|however|actually|instead|rather|no(?=,)|hmm+|sorry|oops|correct(?:ion|ed)|revis(?:ed|ion)|"
    r"final(?:ly)?|mistaken?|wrong|on second thought|scratch that|aber|doch|mais|pero|mas|ma|но|однако)\b|"
    r"但|不过|更正|最终|しかし|ただし|하지만|लेकिन|لكن"
)
# What speaks of another passage than the one that was asked about.
_SUPPOSES = re.compile(
    r"(?i)\b(would|could|might|were there|had (?:there|nothing|no)|(?:other|any|a|for) passages?|"
    r"wäre|würde|serait|sería|seria|sarebbe)\b"
)
# What leads, after an answer, to one that is about another passage or none.
_ASIDE = re.compile(
    r"(?i)\b(examples?|comparison|compare|contrast|(?:an)?other (?:passage|text|sentence|input|document)s?|"
    r"would (?:have )?(?:giv|yield|return|becom|result|produc)\w*|beispiel\w*|vergleich\w*|exemples?|comparaison|"
    r"ejemplos?|comparación|esempio|exemplo|например|пример\w*)\b|例|예시"
)
_NO_PROSE = re.compile(r"```\w*|<[^<>]{0,60}>|[\W_]")
_SENTENCE = re.compile(r"[.!?。！？]\s+|[。！？]|\n")
_FENCE = re.compile(r"```\w*\s*\Z")
AROUND = 300  # characters before and after a value that are looked at


def is_draft(text: str, value: Value, *, is_empty: bool) -> bool:
    """Does the sentence before a value, or the one after an answer that says `none`, say that it is not meant?"""
    lead = _sentences(text[max(0, value.start - AROUND) : value.start])[-1]
    if _MEANT.search(lead):
        return False
    if _DRAFT.search(lead) or not is_empty:
        return bool(_DRAFT.search(lead))
    after = text[value.end : value.end + AROUND].lstrip("`\"' .")
    return bool(_CONDITION.search(lead) or _TAKEN_BACK.search(after))


def is_aside(between: str, *, is_empty: bool) -> bool:
    """Does what stands between a whole answer and another one leave the first as it is?

    An empty one, which a model may only mention, replaces it without a word or with one that takes it back.
    """
    first, lead = _sentences(between[:AROUND])[0], _sentences(between[-AROUND:])[-1]
    if not is_empty:
        return bool(_ASIDE.search(lead)) and not _MEANT.search(lead)
    is_corrected = any(map(_CORRECTS.search, (first, lead))) and not _SUPPOSES.search(lead)
    return not is_corrected and bool(_NO_PROSE.sub("", between))


def _sentences(text: str) -> list[str]:
    return _SENTENCE.split(_FENCE.sub("", text).strip(" \t\n*_`\"'"))
