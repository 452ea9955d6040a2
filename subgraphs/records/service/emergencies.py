"""Access in an emergency: at once, for an hour, told to the patient and the auditors, and reviewed when it is over."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from shared.database.engine import sqlstate
from shared.database.tables import PatientAccess
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.patient_access import Basis
from subgraphs.records import effects, policy
from subgraphs.records.commands.access import OpenEmergencyAccess, ReviewEmergencyAccess
from subgraphs.records.errors import EMERGENCY_NOT_OVER, EMERGENCY_OPEN, EMERGENCY_REVIEWED
from subgraphs.records.models import EmergencyAccess

_LASTS = timedelta(hours=1)
_EXCLUSION_VIOLATION = "23P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


async def open_record(context: Context, command: OpenEmergencyAccess) -> EmergencyAccess:
    """Let the caller open all of a patient's record for an hour; the database refuses a second access meanwhile."""
    async with context.write() as work:
        await work.once(command)
        patient = await work.find(
            policy.patients, await work.survivor(command.patient_id), scope=policy.EMERGENCY, lock=False
        )
        moment, account = await effects.now(work), work.principal.subject
        row = EmergencyAccess(
            patient_id=patient.id,
            account_id=account,
            practitioner_id=work.principal.practitioner,
            reason=Encrypted(command.reason),
            opened_at=moment,
            expires_at=moment + _LASTS,
        )
        work.session.add(row)
        try:
            await work.session.flush()
        except IntegrityError as error:
            if sqlstate(error) != _EXCLUSION_VIOLATION:
                raise
            raise InvalidState(EMERGENCY_OPEN) from None
        access = PatientAccess(
            id=row.id,
            patient_id=patient.id,
            account_id=account,
            basis=Basis.EMERGENCY,
            valid_from=moment,
            valid_until=row.expires_at,
            version=1,
        )
        effects.access_given(work, access)
        await effects.emergency_opened(work, row)
        work.done(row.id)
    return row


async def review(context: Context, command: ReviewEmergencyAccess) -> EmergencyAccess:
    """Note what an auditor found of an access that is over."""
    async with context.write() as work:
        row = await work.find(policy.emergency_accesses, command.id, scope=policy.REVIEW, version=command.version)
        moment = await effects.now(work)
        if row.verdict is not None:
            raise InvalidState(EMERGENCY_REVIEWED)
        if row.expires_at > moment:
            raise InvalidState(EMERGENCY_NOT_OVER)
        row.verdict, row.comment = command.verdict, Encrypted(command.comment)
        row.reviewed_at, row.reviewer_id = moment, work.principal.subject
        effects.emergency_reviewed(work, row, moment)
    return row
