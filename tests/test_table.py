"""A table's rows are made by column name."""

import pytest

from finerweb.table import Column, Table, row_of

PLANETS = Table(
    "planets",
    "A planet.",
    ("name",),
    (Column("name", "string", "its name"), Column("moons", "int", "how many"), Column("ring", "string", "of what")),
)
ALONE = Table("alone", "One column.", ("name",), (Column("name", "string", "its name"),))


def test_rows_on_their_way_to_a_table_are_made_by_name_too() -> None:
    moon = row_of((Column("planet", "string", "of which"), Column("name", "string", "its name")), "a moon")
    assert moon(name="Io", planet=None) == (None, "Io")
    with pytest.raises(ValueError, match=r"^a moon: columns missing \['name'\], unknown none; wanted "):
        moon(planet="Mars")


def test_a_row_is_in_the_order_of_the_columns_whatever_the_order_of_the_values() -> None:
    assert PLANETS.row(ring=None, moons=95, name="Jupiter ♃👍🏽") == ("Jupiter ♃👍🏽", 95, None)
    assert ALONE.row(name="x") == ("x",)


@pytest.mark.parametrize(
    ("values", "missing", "unknown"),
    [
        ({"name": "Mars", "moons": 2}, "['ring']", "none"),
        ({"name": "Mars", "moons": 2, "ring": None, "rings": 0}, "none", "['rings']"),
        ({"name": "Mars", "mons": 2, "ring": None}, "['moons']", "['mons']"),
        ({}, "['name', 'moons', 'ring']", "none"),
    ],
)
def test_a_row_with_a_missing_or_unknown_column_is_refused(
    values: dict[str, object], missing: str, unknown: str
) -> None:
    with pytest.raises(ValueError, match=r"^table planets: columns missing ") as caught:
        PLANETS.row(**values)
    assert str(caught.value) == (
        f"table planets: columns missing {missing}, unknown {unknown}; wanted ['name', 'moons', 'ring']"
    )
