"""Arithmetic of fills, in a medication's unit of dispensing."""

from decimal import Decimal
from math import ceil


def refills_left(quantity: Decimal, refills: int, dispensed: Decimal) -> int:
    """How many whole fills of a quantity are left after the one that is under way, or comes next."""
    begun = max(1, ceil(dispensed / quantity))
    return max(0, refills + 1 - begun)
