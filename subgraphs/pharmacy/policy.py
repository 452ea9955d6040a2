"""Who may see which rows of pharmacy, and do what to them.

The catalogue is everybody's who treats or is treated: what is no longer in use as well, since it was prescribed.
"""

from typing import TypeVar

from sqlalchemy import Select, false, select

from shared.auth.principal import Kind, Principal
from subgraphs.pharmacy.models import Medication, MedicationIngredient, MedicationPack, Part

READ = "medication:read"
WRITE = "medication:write"

M = TypeVar("M", bound=Part)


def medications(principal: Principal, scope: str = READ) -> Select[Medication]:
    """The medications that the caller may see, or with the scope to write, change."""
    return _catalogue(principal, Medication, scope)


def ingredients(principal: Principal) -> Select[MedicationIngredient]:
    """The ingredients of the medications that the caller may see."""
    return _catalogue(principal, MedicationIngredient, READ)


def packs(principal: Principal) -> Select[MedicationPack]:
    """The packs of the medications that the caller may see."""
    return _catalogue(principal, MedicationPack, READ)


def _catalogue(principal: Principal, kind: type[M], scope: str) -> Select[M]:
    statement = select(kind)
    mine = principal.is_staff(scope) or (scope == READ and principal.kind is Kind.PATIENT and principal.can(READ))
    return statement if mine else statement.where(false())
