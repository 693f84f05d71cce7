"""The script of a text, by the letters that it has most of."""

import pytest

from finerweb.text.scripts import script


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ada Lovelace, 1815", "Latn"),
        ("กรุงเทพ is Bangkok", "Latn"),
        ("ไปกรุงเทพ BTS", "Thai"),
        ("東京に住む", "Jpan"),
        ("カタカナ", "Jpan"),
        ("北京是首都", "Hani"),
        ("서울", "Hang"),
        ("हिन्दी", "Deva"),
        ("12 · 34", ""),
        ("", ""),
        ("ᚠᚢᚦ", ""),
    ],
)
def test_the_script_of_a_text(text: str, wanted: str) -> None:
    assert script(text) == wanted
