"""Rare labels that are a frequent one, misspelt or cut into words otherwise."""

import random

from finerweb.labels.variants import Meant, variants

COUNTS = {
    "government": 500,
    "goverment": 3,
    "goverments agency": 1,
    "government agency": 40,
    "football club": 50,
    "footballclub": 4,
    "football-club": 2,
    "fotball club": 1,
    "fotballclub": 1,
    "e-mail address": 9,
    "email address": 8,
    "ประเทศไทย": 20,
    "ประเทศไท": 1,
}
MEANT = {
    "goverment": Meant("government", ("typo",)),
    "goverments agency": Meant("government agency", ("typo",)),
    "footballclub": Meant("football club", ("joined",)),
    "football-club": Meant("football club", ("joined",)),
    "fotball club": Meant("football club", ("typo",)),
    "fotballclub": Meant("football club", ("joined", "typo")),
    "email address": Meant("e-mail address", ("joined",)),
    "ประเทศไท": Meant("ประเทศไทย", ("typo",)),
}


def test_variants_of_frequent_labels() -> None:
    assert variants(COUNTS) == MEANT


def test_the_order_of_the_labels_does_not_matter() -> None:
    for seed in range(5):
        shuffled = list(COUNTS.items())
        random.Random(seed).shuffle(shuffled)
        assert variants(dict(shuffled)) == MEANT


def test_a_label_of_its_own_is_no_variant() -> None:
    assert (
        variants(
            {
                **{"country": 900, "county": 5},  # a word of a class
                **{"plant": 400, "planet": 2, "planets": 1},  # too short, or of a class
                **{"person": 50, "persona": 6},  # not rare enough
                **{"northern region": 50, "southern region": 2, "male character": 90, "female character": 2},
                **{"painter": 90, "printer": 3, "laser printer": 2, "printer brand": 1},  # used elsewhere
                **{"world war 2": 90, "world war 3": 1, "art": 80, "arc": 1},
                **{"👍🏽👍🏽👍🏽": 50, "👍🏽👍🏽👍": 1},
            }
        )
        == {}
    )


def test_no_label_and_one_label() -> None:
    assert variants({}) == {}
    assert variants({"city": 1}) == {}
