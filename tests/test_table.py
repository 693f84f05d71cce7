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
    with pytest.raises(TypeError, match=r"^row of a moon\(\) missing 1 required keyword-only argument: 'name'$"):
        moon(planet="Mars")


def test_a_row_is_in_the_order_of_the_columns_whatever_the_order_of_the_values() -> None:
    assert PLANETS.row(ring=None, moons=95, name="Jupiter ♃👍🏽") == ("Jupiter ♃👍🏽", 95, None)
    assert ALONE.row(name="x") == ("x",)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "Mars", "moons": 2}, "row of planets() missing 1 required keyword-only argument: 'ring'"),
        (
            {"name": "x", "moons": 2, "ring": None, "rings": 0},
            "row of planets() got an unexpected keyword argument 'rings'",
        ),
        ({"name": "Mars", "mons": 2, "ring": None}, "row of planets() got an unexpected keyword argument 'mons'"),
        ({}, "row of planets() missing 3 required keyword-only arguments: 'name', 'moons', and 'ring'"),
    ],
)
def test_a_row_with_a_missing_or_unknown_column_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        PLANETS.row(**values)
    assert str(caught.value).startswith(message)  # newer versions of Python add what may be meant


def test_values_without_names_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^row of planets\(\) takes 0 positional arguments but 3 were given$"):
        PLANETS.row("Mars", 2, None)
