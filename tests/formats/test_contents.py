"""Published files as bytes, and without some documents."""

from types import SimpleNamespace
from typing import Any

import pytest

from finerweb.formats import contents
from finerweb.formats.contents import Shard


def sentence(name: str, text: str, spans: list[dict[str, Any]]) -> SimpleNamespace:
    return SimpleNamespace(example_id=name, text=text, char_spans=spans, quartile=1 if spans else None)


SENTENCES = [
    sentence("s/a#b#0-s0", "👩🏽\u200d🚀 saw\u2028Oslo", [{"start": 9, "end": 13, "label": ["city", "big\ncity"]}]),
    sentence("s/a#b#12-s1", "", []),
    sentence("s/a#0-s0", "# text\tis Rome", [{"start": 10, "end": 14, "label": ["city"]}]),
    sentence("s/c#0-s0", "B-x\tB-y", []),
]


@pytest.mark.parametrize("kind", contents.FORMATS)
@pytest.mark.parametrize("is_multi", [False, True], ids=["single", "multi"])
def test_a_file_without_a_document_is_the_file_of_the_others(kind: str, is_multi: bool) -> None:
    whole = contents.write(Shard(SENTENCES, is_multi, "en"), kind)
    others = contents.write(Shard(SENTENCES[2:], is_multi, "en"), kind)
    assert (whole.sentences, others.sentences) == (4, 2)
    assert contents.without(whole.bytes, kind, {"s/a#b", "s/d"}) == others
    assert contents.holds(whole.bytes, kind, {"s/a#b"})
    assert not contents.holds(others.bytes, kind, {"s/a#b", "s", "s/c#0"})
    nothing = contents.without(whole.bytes, kind, {"s/a#b", "s/a", "s/c"})
    assert (nothing.sentences, nothing.spans) == (0, 0)
