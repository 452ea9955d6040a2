"""Kinds of value that pharmacy's commands are made of."""

import re
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator

from shared.values import id_of, wrong
from subgraphs.pharmacy.errors import AMOUNT, QUANTITY, RXCUI, STOCK_CHANGE, UCUM_UNIT

LARGEST = 1_000_000

RXCUI_NUMBER = re.compile("[1-9][0-9]{0,9}")
_UNIT = re.compile(r"[!-~]{1,40}")  # https://ucum.org/ucum#section-Character-Set-and-Lexical-Rules
_PLACES, _FINER_PLACES = 3, 6

MedicationId = Annotated[UUID, id_of("Medication")]
LocationId = Annotated[UUID, id_of("Location")]
LotId = Annotated[UUID, id_of("Lot")]
StockCountId = Annotated[UUID, id_of("StockCount")]
AccountId = Annotated[UUID, id_of("Account")]


def exact(value: float) -> Decimal:
    """The decimal number that a client has written."""
    return Decimal(str(value))


def _rxcui(value: str) -> str:
    if not RXCUI_NUMBER.fullmatch(value):
        raise wrong(RXCUI)
    return value


def _unit(value: str) -> str:
    if not _UNIT.fullmatch(value):
        raise wrong(UCUM_UNIT)
    return value


def _amount(places: int, *, least: bool = False) -> Any:
    def check(value: float) -> float:
        enough = value >= 0 if least else value > 0
        if not enough or value > LARGEST or round(value, places) != value:
            raise wrong(AMOUNT if least else QUANTITY, maximum=LARGEST, places=places)
        return value

    return AfterValidator(check)


def _change(value: float) -> float:
    if value == 0 or abs(value) > LARGEST or round(value, _PLACES) != value:
        raise wrong(STOCK_CHANGE, maximum=LARGEST, places=_PLACES)
    return value


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


Rxcui = Annotated[str, AfterValidator(_rxcui)]
OptionalRxcui = Annotated[Rxcui | None, BeforeValidator(_blank_is_none)]
UcumUnit = Annotated[str, AfterValidator(_unit)]
Quantity = Annotated[float, _amount(_PLACES)]
"""So many of a unit of dispensing or of a pack."""
Amount = Annotated[float, _amount(_PLACES, least=True)]
"""The same, or none."""
Change = Annotated[float, AfterValidator(_change)]
Strength = Annotated[float, _amount(_FINER_PLACES)]
