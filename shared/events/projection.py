"""Local copies of others' rows: what is needed here of them, as their events tell it."""

from typing import Any

from shared.database.model import Record
from shared.events.event import Event
from shared.unit_of_work import UnitOfWork


class Projection:
    """A consumer's handler that keeps a row of `table` for each key: the fields that an event and the table share."""

    def __init__(self, table: type[Record], *events: type[Event]) -> None:
        self.events = events
        self._table = table
        self._fields = {kind: kind.model_fields.keys() & table.model_fields.keys() for kind in events}

    async def __call__(self, work: UnitOfWork, event: Event) -> None:
        """Keep what an event tells."""
        key = getattr(event, event.key)
        values: dict[str, Any] = {name: getattr(event, name) for name in self._fields[type(event)]}
        row = await work.session.get(self._table, key, with_for_update=True)
        if row is None:
            work.session.add(self._table(id=key, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
