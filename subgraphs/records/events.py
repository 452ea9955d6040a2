"""What the medical record publishes."""

from datetime import datetime
from uuid import UUID

from shared.events.event import Event


class AccessChanged(Event, type="caregraph.records.access-changed.v1", key="access_id"):
    """Somebody may open a patient's data, or no longer: a practitioner, an account, or a patient who is a proxy.

    `basis` is APPOINTMENT, ENCOUNTER, ORDER, CARE_TEAM, GRANT, EMERGENCY or PROXY. `sections` are those of the record, null
    for all; `validUntil` is null while no end is known. Of two versions the higher one holds.
    """

    access_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    account_id: UUID | None
    proxy_id: UUID | None
    basis: str
    sections: list[str] | None
    valid_from: datetime
    valid_until: datetime | None
    version: int


class AccessRequested(Event, type="caregraph.records.access-requested.v1", key="access_request_id"):
    """A member of staff asks a patient for access to their record; `told` are the patient and, of a minor, the proxies.

    `purpose` is a code of HL7 v3 PurposeOfUse. `sections` is null for all of the record.
    """

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    practitioner_id: UUID | None
    purpose: str
    sections: list[str] | None
    days: int
    told: list[UUID]
    requested_at: datetime


class AccessDecided(Event, type="caregraph.records.access-decided.v1", key="access_request_id"):
    """A request for access was GRANTED or REFUSED by the patient, or EXPIRED without an answer: `outcome`."""

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    outcome: str
    requested_at: datetime
    decided_at: datetime


class AccessWithdrawn(Event, type="caregraph.records.access-withdrawn.v1", key="access_request_id"):
    """A request, or the grant that it had led to, was withdrawn: `by` is PATIENT or REQUESTER.

    `previousStatus` is PENDING or GRANTED.
    """

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    by: str
    previous_status: str
    withdrawn_at: datetime


EVENTS = (AccessChanged, AccessRequested, AccessDecided, AccessWithdrawn)
