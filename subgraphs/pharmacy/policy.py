"""Who may see which rows of pharmacy: staff, what is active; those who write, all of it."""

from sqlalchemy import Select, false, select
from sqlmodel import col

from shared.auth.principal import Principal
from subgraphs.pharmacy.models import Medication

READ = "medication:read"
WRITE = "medication:write"


def medications(principal: Principal, scope: str = READ) -> Select[Medication]:
    """The medications that the caller may see, or with the scope to write, change."""
    statement = select(Medication)
    if principal.is_staff(WRITE):
        return statement
    return statement.where(col(Medication.active) if scope == READ and principal.is_staff(READ) else false())
