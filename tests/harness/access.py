"""What lets somebody see a patient's data, as an event of the medical record would bring it to a service."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.database.model import utc_now
from shared.database.tables import PatientAccess, Withholding
from shared.ids import new_id
from shared.patient_access import Basis
from tests.harness.clinic import Running
from tests.harness.databases import stored


async def let(running: Running, patient: UUID, basis: Basis = Basis.APPOINTMENT, **holder: Any) -> UUID:
    """Somebody (`practitioner_id`, `account_id` or `proxy_id`) may see a patient from an hour ago on; the key of that."""
    since = utc_now() - timedelta(hours=1)
    row = PatientAccess(id=new_id(), patient_id=patient, basis=basis, valid_from=since, version=1, **holder)
    async with stored(running.runtime.database) as session:
        session.add(row)
    return row.id


async def end(running: Running, key: UUID) -> None:
    """No longer."""
    async with stored(running.runtime.database) as session:
        (await session.get_one(PatientAccess, key)).valid_until = utc_now()


def withheld(patient: UUID, section: str) -> Withholding:
    """A section that a patient withholds."""
    return Withholding(id=new_id(), patient_id=patient, section=section, version=1)
