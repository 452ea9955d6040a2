"""Every statement of newdomain, each beginning with what `policy` lets the caller see."""

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from stack.scaffold.newdomain import policy
from stack.scaffold.newdomain.models import NewEntity

NEW_ENTITIES = Order((col(NewEntity.name), col(NewEntity.id)))


def new_entities(principal: Principal, active: bool | None) -> Select[NewEntity]:
    """Those in use, those that are not, or all."""
    statement = policy.new_entities(principal)
    return statement if active is None else statement.where(col(NewEntity.active) == active)
