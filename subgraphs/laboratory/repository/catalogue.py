"""Statements that read the catalogue."""

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from subgraphs.laboratory import policy
from subgraphs.laboratory.models import LabTest

LAB_TESTS = Order((col(LabTest.name), col(LabTest.id)))


def lab_tests(principal: Principal, active: bool | None) -> Select[LabTest]:
    """Those in use, those that are not, or all."""
    statement = policy.lab_tests(principal)
    return statement if active is None else statement.where(col(LabTest.active) == active)
