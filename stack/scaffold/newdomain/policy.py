"""Who may see which rows of newdomain: staff, what is active; those who write, all of it."""

from sqlalchemy import Select, false, select
from sqlmodel import col

from shared.auth.principal import Principal
from stack.scaffold.newdomain.models import NewEntity

READ = "new-entity:read"
WRITE = "new-entity:write"


def new_entities(principal: Principal, scope: str = READ) -> Select[NewEntity]:
    """The new entities that the caller may see, or with the scope to write, change."""
    statement = select(NewEntity)
    if principal.is_staff(WRITE):
        return statement
    return statement.where(col(NewEntity.active) if scope == READ and principal.is_staff(READ) else false())
