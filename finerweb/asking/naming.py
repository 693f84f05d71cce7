"""The rounds in which labels are named: each asks about what the one before has answered."""

from collections.abc import Callable, Mapping

from pyspark.sql import DataFrame

from finerweb.languages import Language
from finerweb.rows import held
from finerweb.tables import labels

Answers = Callable[[str, DataFrame], DataFrame]  # question, subjects -> their answers


def named(forms: DataFrame, answers: Answers, *, languages: Mapping[str, Language], back_translate: bool) -> DataFrame:
    """Labels in canonical form, named in their languages: put into English, named, and put into English again.

    What a round has made is held, since each of the next would make it anew: a row for each label of a language.
    """
    forms = held(forms)  # bounded: `rows.HELD`
    english = answers("label_english", labels.foreign(forms))
    settled = held(labels.settle(forms, english, few=labels.are_few(forms)))  # bounded: `rows.HELD`
    names = answers("label_name", labels.unnamed(settled))
    translated = held(labels.name(settled, names, languages=languages))  # bounded: `rows.HELD`
    back = answers("label_english", labels.given(translated, when=back_translate))
    return labels.check(translated, back)
