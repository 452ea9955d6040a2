"""Units of UCUM: how they are written here, and whether they are some."""

from functools import cache
from typing import Any

# Two characters that look alike, for which UCUM writes u: https://ucum.org/ucum, table 1.
_MICRO = str.maketrans({"\u00b5": "u", "\u03bc": "u"})


def written(unit: str) -> str:
    """A unit as UCUM writes it, whichever sign for micro it came with."""
    return unit.strip().translate(_MICRO)


def is_unit(unit: str) -> bool:
    """Whether a unit is one of UCUM. To load the grammar takes a quarter of a second: only the catalogue asks."""
    from lark.exceptions import LarkError

    try:
        _parser().parse(unit)
    except LarkError:
        return False
    return True


@cache
def _parser() -> Any:
    from ucumvert import get_ucum_parser

    return get_ucum_parser()  # type: ignore[no-untyped-call]
