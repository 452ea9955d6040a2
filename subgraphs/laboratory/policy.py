"""Who may see which rows of laboratory: staff, what is active; those who write, all of it."""

from sqlalchemy import Select, false, select
from sqlmodel import col

from shared.auth.principal import Principal
from subgraphs.laboratory.models import LabTest

READ = "lab-test:read"
WRITE = "lab-test:write"


def lab_tests(principal: Principal, scope: str = READ) -> Select[LabTest]:
    """The lab tests that the caller may see, or with the scope to write, change."""
    statement = select(LabTest)
    if principal.is_staff(WRITE):
        return statement
    return statement.where(col(LabTest.active) if scope == READ and principal.is_staff(READ) else false())
