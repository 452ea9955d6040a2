"""What is set apart of a prescription: counted, and given up where it is not dispensed after all."""

from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.models import Dispense, Prescription
from subgraphs.pharmacy.service import allocation
from subgraphs.pharmacy.service.states import move
from subgraphs.pharmacy.states import IN_HAND, DispenseStatus


async def count(work: UnitOfWork, row: Prescription, prepared: Decimal, dispensed: Decimal = Decimal(0)) -> None:
    """Change what was set apart and handed over of a locked prescription; the database refuses what is out of range."""
    changed: Any = row
    changed.prepared_quantity = col(Prescription.prepared_quantity) + prepared
    changed.dispensed_quantity = col(Prescription.dispensed_quantity) + dispensed
    await work.session.flush()
    await work.session.refresh(row, ["prepared_quantity", "dispensed_quantity"])


async def give_up(work: UnitOfWork, row: Dispense, prescription: Prescription, reason: str | None) -> None:
    """Do not dispense after all what was set apart; both rows are locked."""
    move(work, row, DispenseStatus.DECLINED)
    row.reason = None if reason is None else Encrypted(reason)
    await allocation.release(work, row.id)
    await count(work, prescription, prepared=-row.quantity)


async def abandon(work: UnitOfWork, prescription: Prescription, reason: str | None = None) -> None:
    """Give up all that is set apart of a locked prescription, which ends."""
    statement = select(Dispense).where(
        col(Dispense.prescription_id) == prescription.id, col(Dispense.status).in_(IN_HAND)
    )
    rows = (await work.session.scalars(statement.order_by(col(Dispense.id)).with_for_update(key_share=True))).all()
    await open_rows(work.keyring, rows)
    for row in rows:
        await give_up(work, row, prescription, reason)
