"""Rare labels that are a frequent one, misspelt or cut into words otherwise."""

import random
from collections.abc import Mapping

import pytest
from pyspark.sql import SparkSession

from finerweb.labels import variants
from finerweb.labels.meanings import meanings
from tests.support import all_pairs

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
    "goverment": ("government", ["typo"]),
    "goverments agency": ("government agency", ["typo"]),
    "footballclub": ("football club", ["joined"]),
    "football-club": ("football club", ["joined"]),
    "fotball club": ("football club", ["typo"]),
    "fotballclub": ("football club", ["joined", "typo"]),
    "email address": ("e-mail address", ["joined"]),
    "ประเทศไท": ("ประเทศไทย", ["typo"]),
}
OWN = {
    **{"country": 900, "county": 5},  # a word of a class
    **{"plant": 400, "planet": 2, "planets": 1},  # too short, or of a class
    **{"person": 50, "persona": 6},  # not rare enough
    **{"northern region": 50, "southern region": 2, "male character": 90, "female character": 2},
    **{"painter": 90, "printer": 3, "laser printer": 2, "printer brand": 1},  # used elsewhere
    **{"world war 2": 90, "world war 3": 1, "art": 80, "arc": 1},
    **{"👍🏽👍🏽👍🏽": 50, "👍🏽👍🏽👍": 1},
}
CHAIN = {"hippopotamus": 5000, "hipopotamus": 400, "hipopotammus": 20, "hpopotammus": 2}  # each of the one before


def together(counts: Mapping[str, int]) -> all_pairs.Meanings:
    """In one task."""
    return {label: (meant, list(changes)) for label, (meant, changes) in variants.variants(counts).items()}


def misspelt(label: str, chance: random.Random) -> str:
    """A label with a letter left out, put in, replaced, or in the place of the next."""
    place = chance.randrange(len(label))
    before, letter, after = label[:place], label[place], label[place + 1 :]
    return chance.choice(
        [before, before + "e" + letter, before + chance.choice("ae -"), before + after[:1] + letter]
    ) + (after if chance.random() < 0.8 else after[1:])


def corpus(seed: int, roots: list[str], labels: int) -> dict[str, int]:
    """Labels of one to three words, half of them with misspellings."""
    chance = random.Random(seed)
    counts: dict[str, int] = {}
    while len(counts) < labels:
        label = chance.choice([" ", "-", " "]).join(chance.choices(roots, k=chance.randint(1, 3)))
        counts[label] = 10 ** chance.randint(0, 5)
        for _ in range(chance.randint(0, 3)):
            label = misspelt(label, chance).strip(" -") or "label"
            counts.setdefault(label, chance.randint(1, 30))
    return counts


def test_variants_of_frequent_labels() -> None:
    assert together(COUNTS) == MEANT


def test_the_order_of_the_labels_does_not_matter() -> None:
    for seed in range(5):
        shuffled = list(COUNTS.items())
        random.Random(seed).shuffle(shuffled)
        assert together(dict(shuffled)) == MEANT


def test_a_label_of_its_own_is_no_variant() -> None:
    assert together(OWN) == {}


def test_a_typo_of_a_typo_means_what_that_means() -> None:
    assert together(CHAIN) == dict.fromkeys(list(CHAIN)[1:], ("hippopotamus", ["typo"]))


def test_no_label_and_one_label() -> None:
    assert together({}) == {}
    assert together({"city": 1}) == {}


ROOTS = ["government", "hippopotamus", "football", "club", "magistrate", "ประเทศไทย", "école", "compañía", "aabab"]


@pytest.mark.parametrize(("roots", "labels"), [(ROOTS, 500), (["aabb", "abab", "bbaa", "ab"], 300)])
@pytest.mark.parametrize("seed", [1, 2])
def test_they_are_those_that_comparing_all_with_all_finds(roots: list[str], labels: int, seed: int) -> None:
    counts = corpus(seed, roots, labels)
    assert together(counts) == all_pairs.meanings(counts)
    assert {step for _, steps in together(counts).values() for step in steps} == {"joined", "typo"}


def test_many_labels_have_the_same_variants_over_many_tasks(spark: SparkSession) -> None:
    counts = COUNTS | OWN | CHAIN | corpus(3, ROOTS, 400)
    frame = spark.createDataFrame(list(counts.items()), "canonical string, mentions bigint")
    for few in (True, False):
        every = meanings(frame, few=few).collect()
        assert {row["canonical"]: (row["meant"], row["why"]) for row in every} == together(counts)


@pytest.mark.parametrize("alphabet", ["ab", "abc é-", "กขค "])
def test_labels_that_are_near_share_a_key(alphabet: str) -> None:
    """So that none is missed; and two letters that change places across the middle are one letter wrong."""
    chance, near = random.Random(7), 0
    for _ in range(3000):
        label = "".join(chance.choices(alphabet, k=chance.randint(6, 20)))
        other = label
        for _ in range(chance.randint(1, 2)):
            other = misspelt(other, chance)
        if other and variants.distance(label, other) is not None:
            near += 1
            assert set(variants.typo_keys(label)) & set(variants.meant_keys(other)), (label, other)
    assert near > 100
