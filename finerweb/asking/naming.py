"""The rounds in which labels are named: each asks about what the one before has answered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from pyspark.sql import DataFrame

from finerweb.languages import Language
from finerweb.tables import labels

Answers = Callable[[str, DataFrame], DataFrame]  # question, subjects -> their answers


@contextmanager
def named(
    forms: DataFrame, answers: Answers, *, languages: Mapping[str, Language], back_translate: bool
) -> Iterator[DataFrame]:
    """Labels in canonical form, named in their languages: put into English, named, and put into English again.

    What a round has made is kept for as long as this lasts, since each of the next would make it anew.
    """
    with ExitStack() as kept:
        forms = kept.enter_context(_persisted(forms))
        english = answers("label_english", labels.foreign(forms))
        settled = kept.enter_context(_persisted(labels.settle(forms, english)))
        names = answers("label_name", labels.unnamed(settled))
        translated = kept.enter_context(_persisted(labels.name(settled, names, languages=languages)))
        back = answers("label_english", labels.given(translated, when=back_translate))
        yield labels.check(translated, back)


@contextmanager
def _persisted(frame: DataFrame) -> Iterator[DataFrame]:
    frame.persist()
    try:
        yield frame
    finally:
        frame.unpersist()
