"""What newdomain publishes."""

from uuid import UUID

from shared.events.event import Event


class NewEntityChanged(Event, type="caregraph.newdomain.new-entity-changed.v1", key="new_entity_id"):
    """One new entity was entered or changed."""

    new_entity_id: UUID
    active: bool


EVENTS = (NewEntityChanged,)
