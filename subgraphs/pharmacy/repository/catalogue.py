"""Statements that read the catalogue."""

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.models import Medication

MEDICATIONS = Order((col(Medication.name), col(Medication.id)))


def medications(principal: Principal, active: bool | None) -> Select[Medication]:
    """Those in use, those that are not, or all."""
    statement = policy.medications(principal)
    return statement if active is None else statement.where(col(Medication.active) == active)
