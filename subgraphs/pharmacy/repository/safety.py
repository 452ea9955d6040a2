"""Statements that read what the safety check knows besides its own tables."""

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.graph.context import Context
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.models import Interaction, InteractionList
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


def _latest(principal: Principal) -> Select[InteractionList]:
    return policy.interaction_lists(principal).order_by(col(InteractionList.version).desc()).limit(1)


def _holds() -> ColumnElement[bool]:
    newest = select(col(InteractionList.id)).order_by(col(InteractionList.version).desc()).limit(1).scalar_subquery()
    return col(Interaction.list_id) == newest
