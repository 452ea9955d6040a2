"""Statements that read the catalogue."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, String, Uuid, and_, any_, bindparam, not_, or_, select
from sqlalchemy.orm import aliased
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
    """Those whose name, number in RxNorm or ingredient matches; those in use, those that are not, or all.

    Names that are alike come only where none has what was typed: one drug is easily taken for another.
    """
    statement = policy.medications(principal)
    if search:
        other = aliased(Medication)
        alike = col(Medication.search_text).bool_op("%>")(search.lower())
        named = select(col(other.id)).where(_named(other, search)).exists()
        statement = statement.where(or_(_named(Medication, search), and_(alike, not_(named))))
    return statement if active is None else statement.where(col(Medication.active) == active)


def _named(model: Any, search: str) -> ColumnElement[bool]:
    """Whether a medication has a text in its name, or is or has what a number of RxNorm names."""
    having = select(col(MedicationIngredient.medication_id)).where(col(MedicationIngredient.rxcui) == search)
    text = model.search_text.contains(search.lower(), autoescape=True)
    return or_(text, model.rxcui == search, model.id.in_(having))


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
