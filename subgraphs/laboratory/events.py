"""What laboratory publishes."""

from uuid import UUID

from shared.events.event import Event


class LabTestChanged(Event, type="caregraph.laboratory.lab-test-changed.v1", key="lab_test_id"):
    """One lab test was entered or changed."""

    lab_test_id: UUID
    active: bool


EVENTS = (LabTestChanged,)
