"""What pharmacy publishes."""

from uuid import UUID

from shared.events.event import Event


class MedicationChanged(Event, type="caregraph.pharmacy.medication-changed.v1", key="medication_id"):
    """One medication was entered or changed; `rxcui` is its number in RxNorm, if it has one."""

    medication_id: UUID
    rxcui: str | None
    active: bool


EVENTS = (MedicationChanged,)
