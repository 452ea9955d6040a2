"""Statements that read the catalogue."""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from sqlalchemy import ARRAY, Select, String, Uuid, any_, bindparam, or_
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.database.rows import grouped
from shared.graph.context import Context
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.models import Medication, MedicationIngredient, MedicationPack

MEDICATIONS = Order((col(Medication.name), col(Medication.id)))

_MEDICATIONS = bindparam("medications", type_=ARRAY(Uuid))


def medications(principal: Principal, search: str | None, active: bool | None) -> Select[Medication]:
    """Those whose name, number in RxNorm or ingredient matches; those in use, those that are not, or all."""
    statement = policy.medications(principal)
    if search:
        wanted, text = search.lower(), col(Medication.search_text)
        of_ingredient = policy.ingredients(principal).where(col(MedicationIngredient.rxcui) == search)
        statement = statement.where(
            or_(
                text.contains(wanted, autoescape=True),
                text.bool_op("%>")(wanted),
                col(Medication.rxcui) == search,
                col(Medication.id).in_(of_ingredient.with_only_columns(col(MedicationIngredient.medication_id))),
            )
        )
    return statement if active is None else statement.where(col(Medication.active) == active)


async def by_code(context: Context, rxcui: str) -> Medication | None:
    """The medication with a number of RxNorm."""
    found = await context.fetch(context.written(_by_code), rxcui=rxcui)
    return found[0] if found else None


async def ingredients(context: Context, keys: Sequence[UUID]) -> list[list[MedicationIngredient]]:
    """What is in each of some medications."""
    rows = await context.fetch(context.written(_ingredients), medications=keys)
    return grouped(rows, attrgetter("medication_id"), keys)


async def packs(context: Context, keys: Sequence[UUID]) -> list[list[MedicationPack]]:
    """The packs of each of some medications, the smallest first."""
    rows = await context.fetch(context.written(_packs), medications=keys)
    return grouped(rows, attrgetter("medication_id"), keys)


def _by_code(principal: Principal) -> Select[Medication]:
    return policy.medications(principal).where(col(Medication.rxcui) == bindparam("rxcui", type_=String))


def _ingredients(principal: Principal) -> Select[MedicationIngredient]:
    mine = col(MedicationIngredient.medication_id) == any_(_MEDICATIONS)
    return policy.ingredients(principal).where(mine).order_by(col(MedicationIngredient.id))


def _packs(principal: Principal) -> Select[MedicationPack]:
    mine = col(MedicationPack.medication_id) == any_(_MEDICATIONS)
    return policy.packs(principal).where(mine).order_by(col(MedicationPack.units), col(MedicationPack.id))
