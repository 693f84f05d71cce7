"""The rules that are compared: finerweb's policies, and langextract's aligner."""

import time
from collections.abc import Callable, Sequence

from noise import Mention

from finerweb.mentions import grounding
from finerweb.text.spans import Span

Ground = Callable[[str, str, Sequence[Mention]], list[tuple[Span, str, str]]]  # text, locale -> span, label, tier


def finerweb(policy: str) -> Ground:
    """One of finerweb's policies."""

    def ground(text: str, locale: str, mentions: Sequence[Mention]) -> list[tuple[Span, str, str]]:
        labels = [mention.label for mention in mentions]
        grounded = grounding.ground(
            [mention.mention for mention in mentions], grounding.Text(text, locale), labels=labels, policy=policy
        )
        return [
            (place.span, label, str(place.tier))
            for label, places in zip(labels, grounded, strict=True)
            for place in places
            if place.span
        ]

    return ground


def langextract() -> Ground:
    """The aligner of langextract, with its tokenizer for all scripts and its defaults otherwise."""
    from langextract.core import tokenizer
    from langextract.core.data import Extraction
    from langextract.resolver import WordAligner

    aligner, unicode_words = WordAligner(), tokenizer.UnicodeTokenizer()

    def ground(text: str, locale: str, mentions: Sequence[Mention]) -> list[tuple[Span, str, str]]:
        extractions = [
            Extraction(extraction_class=mention.label, extraction_text=mention.mention)
            for mention in mentions
            if mention.mention.strip()
        ]
        if not extractions:
            return []
        (aligned,) = aligner.align_extractions([extractions], text, tokenizer_impl=unicode_words)
        places = [(extraction.char_interval, extraction.extraction_class) for extraction in aligned]
        return [
            (Span(place.start_pos, place.end_pos), label, "")
            for place, label in places
            if place and place.start_pos is not None and place.end_pos is not None
        ]

    return ground


def rate(work: Sequence[tuple[str, str, Sequence[Mention]]], ground: Ground, repeats: int) -> float:
    """Mentions a second of one core's own time, so that a busy machine counts little; the best of some runs."""
    best = 0.0
    for _ in range(repeats):
        began = time.process_time()
        for text, locale, mentions in work:
            if mentions:
                ground(text, locale, mentions)
        best = max(best, sum(len(mentions) for _, _, mentions in work) / (time.process_time() - began))
    return best
