"""How sure a share of so few can be."""

from typing import Any

Z95 = 1.959964  # of the normal distribution: 95 % lie within


def wilson(successes: Any, trials: Any) -> tuple[Any, Any]:
    """Wilson's 95 % interval of a share, for more than no trials; plain arithmetic, so for Spark's columns too.

    Unlike p ± 1.96 s it stays between 0 and 1, and does not take 3 of 3 for certain (Wilson 1927).
    """
    middle = 2 * successes + Z95**2
    width = Z95 * (Z95**2 + 4 * successes * (trials - successes) / trials) ** 0.5
    whole = 2 * (trials + Z95**2)
    return (middle - width) / whole, (middle + width) / whole
