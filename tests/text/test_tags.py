from finerweb.text.tags import Tag, flat


def test_of_tags_that_share_a_character_the_surest_stays() -> None:
    tags = [Tag(0, 4, "person", 0.7), Tag(0, 9, "person", 0.9), Tag(4, 9, "city", 0.8), Tag(9, 12, "city", 0.3)]
    assert flat(tags, 0.5) == [Tag(0, 9, "person", 0.9)]
    assert flat(tags, 0.3) == [Tag(0, 9, "person", 0.9), Tag(9, 12, "city", 0.3)]


def test_of_equally_sure_tags_the_longest_stays_then_the_first() -> None:
    tags = [Tag(2, 4, "b", 0.5), Tag(0, 3, "b", 0.5), Tag(3, 6, "a", 0.5), Tag(0, 3, "a", 0.5)]
    assert flat(tags, 0.5) == [Tag(0, 3, "a", 0.5), Tag(3, 6, "a", 0.5)]


def test_no_tags_stay_none() -> None:
    assert flat([], 0.0) == []
