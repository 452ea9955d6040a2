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


EVENTS = (AccessChanged,)
