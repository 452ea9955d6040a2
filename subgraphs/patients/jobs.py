"""What the patients' domain does by the clock: telling others of email addresses, as what only identity can compare."""

from datetime import timedelta
from typing import cast

from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlmodel import col

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import system
from shared.digests import keyed_digest
from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import unit_of_work
from subgraphs.patients.events import EmailAddressesChanged
from subgraphs.patients.models import UNTOLD_ADDRESSES, Patient, UntoldAddresses
from subgraphs.patients.settings import PatientsSettings

_BATCH = 200


async def tell_addresses(runtime: Runtime) -> None:
    """Tell of all whose addresses are untold."""
    key = cast("PatientsSettings", runtime.settings).contact_digest_key
    while await _tell_batch(runtime, key) == _BATCH:
        pass


async def _tell_batch(runtime: Runtime, key: SecretStr) -> int:
    async with unit_of_work(runtime.database, AuditRecorder(system(), operation="tell addresses")) as work:
        due = select(col(UntoldAddresses.id)).order_by(col(UntoldAddresses.id)).limit(_BATCH).with_for_update()
        told = delete(UntoldAddresses).where(col(UntoldAddresses.id).in_(due))
        keys = (await work.session.scalars(told.returning(col(UntoldAddresses.patient_id)))).all()
        for row in await work.session.scalars(select(Patient).where(col(Patient.id).in_(keys))):
            work.publish(EmailAddressesChanged(patient_id=row.id, digests=_digests(row, key)))
    return len(keys)


def _digests(row: Patient, key: SecretStr) -> list[str]:
    if row.merged_into_id is not None:
        return []
    return sorted({keyed_digest(key, point["value"]) for point in row.contact_points if point["system"] == "email"})


JOBS = (Job("tell-addresses", timedelta(seconds=30), tell_addresses, UNTOLD_ADDRESSES),)
