"""The page of a preview: what each model said about the same texts, side by side, and what the rest would take."""

from collections.abc import Callable, Iterator, Sequence

from finerweb import problems
from finerweb.estimating import Estimate, Range
from finerweb.intervals import wilson
from finerweb.report import listing
from finerweb.report.highlighting import colours, highlighted
from finerweb.report.listing import Listing, between, count, dollars, duration, numbers, percent, sentences, words
from finerweb.report.previews import Preview, Reply
from finerweb.report.rendering import filled

FILE = "preview.html"  # in the work folder
RAW = 1500  # characters of an answer that is shown as it came


def render(preview: Preview) -> str:
    """The page: complete in itself, without scripts and without a link to anything outside."""
    every = [reply for model in preview.models for reply in preview.replies(model)]
    values = {
        "preview": preview,
        "figures": figures(preview),
        "outlook": outlook(preview),
        "subjects": sum(len(subjects) for subjects in preview.subjects.values()),
        "budget": budget(preview),
        "raw": RAW,
        **colours(mark for reply in every for mark in reply.marks),
    }
    return filled("preview.html.j2", values, {"highlighted": highlighted, "count": listing.count, "meaning": _meaning})


def _meaning(problem: str, table: str) -> str:
    return problems.meaning(table, problem)


def figures(preview: Preview) -> Listing:
    """What each model said and what that took, of the subjects on the page."""
    of_mentions = ["mentions", "found in the text"] if preview.is_grounded else []
    return Listing(
        "The answers on this page. Tokens, money and seconds are those of a request, all its attempts together; in "
        "brackets: the 95 % interval.",
        [
            *words("model"),
            *numbers("answers", "with a problem", *of_mentions, "tokens in", "tokens out", "money", "seconds"),
        ],
        [(model, *_figures(preview, model)) for model in preview.models],
    )


def _figures(preview: Preview, model: str) -> Iterator[str]:
    replies, price = preview.replies(model), preview.prices[model]
    yield count(len(replies))
    yield between(_share(_troubled(replies), len(replies)), percent)
    if preview.is_grounded:
        named = sum(reply.named for reply in replies)
        yield count(named)
        yield percent((named - _lost(replies)) / named if named else None)
    tokens_in, tokens_out, seconds = (
        sum(getattr(reply, name) for reply in replies) / max(1, len(replies))
        for name in ("tokens_in", "tokens_out", "seconds")
    )
    yield count(tokens_in)
    yield count(tokens_out)
    yield "not known" if price is None else dollars(price.usd(tokens_in, tokens_out, seconds))
    yield duration(seconds)


def _troubled(replies: Sequence[Reply]) -> int:
    return sum(reply.problem is not None for reply in replies)


def _share(part: int, whole: int) -> Range | None:
    return Range(part / whole, *wilson(part, whole)) if whole else None


def _lost(replies: Sequence[Reply]) -> int:
    return sum(len(reply.losses) for reply in replies)


def outlook(preview: Preview) -> Listing:
    """What each model would take for all that is still to be asked."""
    return Listing(
        "All that is still to be asked, as far as the answers tell. In brackets: the 95 % interval of a bootstrap over "
        "the answered requests, language by language. Lost are requests without an answer that can be used.",
        [
            *words("model"),
            *numbers("still to ask", "tokens in", "tokens out", "money", "time", "lost"),
            *sentences("made of"),
        ],
        [(model, *_outlook(preview, model)) for model in preview.models],
    )


def _outlook(preview: Preview, model: str) -> Iterator[str]:
    estimate = preview.forecasts[model]
    yield count(estimate.requests)
    yield between(estimate.tokens_in, count)
    yield between(estimate.tokens_out, count)
    yield between(estimate.usd, dollars)
    yield _time(estimate, preview.engines[model])
    yield between(estimate.lost, count)
    yield estimate.basis


def _time(estimate: Estimate, engines: int) -> str:
    """How long it takes, where so many engines work at once."""
    return between(estimate.seconds.over(engines) if estimate.seconds else None, duration)


def summary(preview: Preview) -> Iterator[str]:
    """A line for each model: what the rest would take, and what became of what it said."""
    for model in preview.models:
        replies, estimate, engines = preview.replies(model), preview.forecasts[model], preview.engines[model]
        usd = between(estimate.usd, dollars) if estimate.usd else "cost not known (no price)"
        facts = [f"{estimate.requests:,} request{'' if estimate.requests == 1 else 's'} to go", usd]
        if estimate.seconds and estimate.lost:
            facts.append(f"{_time(estimate, engines)} with {engines:,} engine{'' if engines == 1 else 's'}")
            facts.append(f"{between(estimate.lost, count)} lost")
        facts.append(f"{_troubled(replies):,} of {len(replies):,} answers here with a problem")
        if preview.is_grounded:
            named = sum(reply.named for reply in replies)
            facts.append(f"{named - _lost(replies):,} of {named:,} mentions found")
        yield f"  {model:<18} {' · '.join(facts)}"


def budget(preview: Preview) -> str:
    """What may be spent on it, beside what it would take."""
    if not preview.budget.is_limited:
        return f"No budget limits it ({preview.setting})."
    dollars_each = [estimate.usd.value for estimate in preview.forecasts.values() if estimate.usd]
    tokens = sum(estimate.tokens_in.value + estimate.tokens_out.value for estimate in preview.forecasts.values())
    parts = []
    if preview.budget.usd is not None and preview.left.usd is not None:
        parts.append(_limit(f"{preview.setting}.usd", preview.budget.usd, preview.left.usd, sum(dollars_each), dollars))
    if preview.budget.tokens is not None and preview.left.tokens is not None:
        parts.append(_limit(f"{preview.setting}.tokens", preview.budget.tokens, preview.left.tokens, tokens, count))
    return " ".join(parts)


def _limit(setting: str, limit: float, left: float, wanted: float, write: Callable[[float], str]) -> str:
    end = "that should be enough" if wanted <= left else "the job would stop before its end"
    return f"{setting}={limit} leaves {write(left)} and the rest would take {write(wanted)}: {end}."
