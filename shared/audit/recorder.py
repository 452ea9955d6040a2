"""What a request does to audited rows, noticed where the rows are loaded and written, so that no use case can forget it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Result, Select, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import FromStatement, ORMExecuteState, Session, UOWTransaction

from shared.audit.statements import AuditedColumns, Unaudited, audited_entities, check_text, projections, writes
from shared.auth.principal import Principal
from shared.database.model import Audited, utc_now
from shared.database.tables import AuditEntry
from shared.ids import new_id


class Action(StrEnum):
    """What was done; the first four are FHIR AuditEvent's (C, R, U, D), spelled out."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    EXECUTE = "execute"


class AuditOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    DENIED = "denied"


class AuditRecorder:
    """Collects one request's entries: one for each action, outcome and kind of row."""

    def __init__(self, principal: Principal, *, operation: str | None = None, request_id: str | None = None) -> None:
        self.principal, self.operation, self.request_id = principal, operation, request_id
        self._reads: dict[str, dict[UUID, UUID | None]] = defaultdict(dict)
        self._denied: dict[str, set[UUID]] = defaultdict(set)
        self._other: list[dict[str, Any]] = []

    def read(self, row: Audited) -> None:
        """A row was loaded for the caller."""
        self._reads[type(row).__name__][_key(row)] = _patient(row)

    def read_columns(self, projection: AuditedColumns, rows: Sequence[Any]) -> None:
        """Columns of rows, or aggregates of them, were read for the caller."""
        detail = {"columns": list(projection.columns)}
        if projection.key is None:
            self._other.append(self.entry(Action.READ, projection.kind.__name__, detail=detail))
        elif keys := _keys(projection, rows):
            self._other.append(self.entry(Action.READ, projection.kind.__name__, *keys, detail=detail))

    def add(self, entries: Iterable[dict[str, Any]]) -> None:
        """What another recorder has collected."""
        self._other += entries

    def unread(self, row: Audited) -> None:
        """A row was loaded, but not for the caller's eyes."""
        self._reads[type(row).__name__].pop(_key(row), None)

    def denied(self, resource: str, identifiers: list[UUID]) -> None:
        """The caller asked for rows by their keys that do not exist for them."""
        self._denied[resource].update(identifiers)

    def refused(self, operation: str, reason: str) -> None:
        """The caller tried what they may not do; `reason` is a code."""
        self._other.append(
            self.entry(Action.EXECUTE, operation, outcome=AuditOutcome.DENIED, detail={"reason": reason})
        )

    def take(self) -> list[dict[str, Any]]:
        """The entries since the last call."""
        entries = self._other
        for resource, rows in self._reads.items():
            patients = list({patient for patient in rows.values() if patient is not None})
            entries.append(self.entry(Action.READ, resource, list(rows), patients))
        for resource, keys in self._denied.items():
            entries.append(self.entry(Action.READ, resource, list(keys), outcome=AuditOutcome.DENIED))
        self._other, self._reads, self._denied = [], defaultdict(dict), defaultdict(set)
        return [
            entry for entry in entries if entry["resource_ids"] or entry["detail"] or entry["action"] == Action.EXECUTE
        ]

    def entry(
        self,
        action: Action,
        resource: str,
        resource_ids: list[UUID] | None = None,
        patients: list[UUID] | None = None,
        *,
        outcome: AuditOutcome = AuditOutcome.SUCCESS,
        detail: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The values of an `AuditEntry` of this request; `detail` holds codes only."""
        return {
            "id": new_id(),
            "at": utc_now(),
            "actor": self.principal.subject,
            "session": self.principal.session,
            "roles": sorted(self.principal.roles),
            "locations": sorted(self.principal.locations) or None,
            "action": action,
            "outcome": outcome,
            "resource": resource,
            "resource_ids": resource_ids or [],
            "patients": patients or [],
            "operation": self.operation,
            "request_id": self.request_id,
            "detail": detail,
        }


class AuditedSession(Session):
    """A session whose `info["audit"]` is told of all that is done to audited tables.

    Without one, whatever would do something to them raises Unaudited.
    """


def recorder_of(session: AsyncSession) -> AuditRecorder:
    """The recorder of a session."""
    recorder: AuditRecorder = session.info["audit"]
    return recorder


@event.listens_for(AuditedSession, "loaded_as_persistent")
def _loaded(session: Session, row: object) -> None:
    if isinstance(row, Audited):
        _recorder(session, type(row)).read(row)


@event.listens_for(AuditedSession, "do_orm_execute")
def _executed(state: ORMExecuteState) -> Result[Any] | None:
    statement: Any = state.statement
    if state.is_insert or state.is_update or state.is_delete:
        return _write(state, statement)
    if not isinstance(statement, Select | CompoundSelect | FromStatement):
        check_text(statement)
        return None
    for kind in audited_entities(statement):
        _recorder(state.session, kind)
    found = projections(statement)
    if not found:
        return None
    rows = state.invoke_statement().freeze()
    for projection in found:
        _recorder(state.session, projection.kind).read_columns(projection, rows().all())
    return rows()


def _write(state: ORMExecuteState, statement: Any) -> Result[Any] | None:
    written = writes(statement)
    if written is None:
        return None
    statement, projection = written
    recorder = _recorder(state.session, projection.kind)
    rows = state.invoke_statement(statement).freeze()
    action = Action.CREATE if state.is_insert else Action.UPDATE if state.is_update else Action.DELETE
    if keys := _keys(projection, rows().all()):
        entry = recorder.entry(action, projection.kind.__name__, *keys)
        state.session.info["written"].append(AuditEntry(**entry))
    return rows()


@event.listens_for(AuditedSession, "after_flush")
def _flushed(session: Session, _: UOWTransaction) -> None:
    for action, rows in (
        (Action.CREATE, session.new),
        (Action.UPDATE, session.dirty),
        (Action.DELETE, session.deleted),
    ):
        by_kind: dict[str, list[Audited]] = defaultdict(list)
        for row in rows:
            if isinstance(row, Audited) and (action is not Action.UPDATE or session.is_modified(row)):
                by_kind[type(row).__name__].append(row)
        for kind, written in by_kind.items():
            patients = list({patient for patient in map(_patient, written) if patient})
            entry = _recorder(session, type(written[0])).entry(action, kind, [_key(row) for row in written], patients)
            session.info["written"].append(AuditEntry(**entry))


def _recorder(session: Session, kind: type[Audited]) -> AuditRecorder:
    recorder: AuditRecorder | None = session.info.get("audit")
    if recorder is None:
        raise Unaudited(
            f"{kind.__name__} is audited: use `context.fetch`, `context.write` or `shared.unit_of_work.system_work`"
        )
    return recorder


def _keys(projection: AuditedColumns, rows: Sequence[Any]) -> tuple[list[UUID], list[UUID]] | None:
    """The keys of rows and their patients; None without rows."""
    if not projection.columns:
        entities = [row[projection.key] for row in rows]
        found = [(_key(row), _patient(row)) for row in entities]
    else:
        found = [(row[projection.key], _at(row, projection.patient)) for row in rows]
    keys = list(dict.fromkeys(key for key, _ in found if key is not None))
    return (keys, list({patient for _, patient in found if patient})) if keys else None


def _at(row: Sequence[Any], place: int | None) -> UUID | None:
    return None if place is None else row[place]


def _key(row: Any) -> UUID:
    key: UUID = row.id
    return key


def _patient(row: Audited) -> UUID | None:
    column = type(row).audit_patient
    return getattr(row, column) if column else None
