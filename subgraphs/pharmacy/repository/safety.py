"""Statements that read what the safety check knows besides its own tables."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, or_, select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.graph.context import Context
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.models import ClinicIngredient, Interaction, InteractionList
from subgraphs.pharmacy.safety.codes import SafetySeverity

INTERACTIONS = Order((col(Interaction.line), col(Interaction.id)))


def interactions(principal: Principal, search: str | None, severity: SafetySeverity | None) -> Select[Interaction]:
    """The pairs of the list that holds: those with a side whose name has some text in it, those of a severity, or all."""
    statement = policy.interactions(principal).where(_holds())
    if search:
        sides = (col(Interaction.first), col(Interaction.second))
        statement = statement.where(or_(*(side.contains(search.casefold(), autoescape=True) for side in sides)))
    return statement if severity is None else statement.where(col(Interaction.severity) == severity)


async def latest(context: Context) -> InteractionList | None:
    """The list that holds, as far as the caller may see one."""
    found = await context.fetch(context.written(_latest))
    return found[0] if found else None


async def own_ingredients(context: Context) -> Sequence[ClinicIngredient]:
    """The clinic's ingredients of the list that holds, as far as the caller may see them."""
    return await context.fetch(context.written(_ingredients))


def _ingredients(principal: Principal) -> Select[ClinicIngredient]:
    mine = policy.clinic_ingredients(principal).where(col(ClinicIngredient.list_id) == _newest())
    return mine.order_by(col(ClinicIngredient.name))


def _latest(principal: Principal) -> Select[InteractionList]:
    return policy.interaction_lists(principal).order_by(col(InteractionList.version).desc()).limit(1)


def _holds() -> ColumnElement[bool]:
    return col(Interaction.list_id) == _newest()


def _newest() -> ScalarSelect[UUID]:
    newest = select(col(InteractionList.id)).order_by(col(InteractionList.version).desc()).limit(1)
    return newest.scalar_subquery()
