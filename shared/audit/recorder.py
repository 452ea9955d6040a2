"""What a request does to audited rows, noticed where the rows are loaded and written, so that no use case can forget it."""

from collections import defaultdict
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, UOWTransaction

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


class Outcome(StrEnum):
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

    def unread(self, row: Audited) -> None:
        """A row was loaded, but not for the caller's eyes."""
        self._reads[type(row).__name__].pop(_key(row), None)

    def denied(self, resource: str, identifiers: list[UUID]) -> None:
        """The caller asked for rows by their keys that do not exist for them."""
        self._denied[resource].update(identifiers)

    def refused(self, operation: str, reason: str) -> None:
        """The caller tried what they may not do; `reason` is a code."""
        self._other.append(self.entry(Action.EXECUTE, operation, outcome=Outcome.DENIED, detail={"reason": reason}))

    def take(self) -> list[dict[str, Any]]:
        """The entries since the last call."""
        entries = self._other
        for resource, rows in self._reads.items():
            patients = list({patient for patient in rows.values() if patient is not None})
            entries.append(self.entry(Action.READ, resource, list(rows), patients))
        for resource, keys in self._denied.items():
            entries.append(self.entry(Action.READ, resource, list(keys), outcome=Outcome.DENIED))
        self._other, self._reads, self._denied = [], defaultdict(dict), defaultdict(set)
        return [entry for entry in entries if entry["resource_ids"] or entry["action"] == Action.EXECUTE]

    def entry(
        self,
        action: Action,
        resource: str,
        resource_ids: list[UUID] | None = None,
        patients: list[UUID] | None = None,
        *,
        outcome: Outcome = Outcome.SUCCESS,
        detail: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The values of an `AuditEntry` of this request; `detail` holds codes only."""
        return {
            "id": new_id(),
            "at": utc_now(),
            "actor": self.principal.subject,
            "session": self.principal.session,
            "roles": sorted(self.principal.roles),
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
    """A session whose `info["audit"]` is told of each audited row that is loaded or written."""


def recorder_of(session: AsyncSession) -> AuditRecorder:
    """The recorder of a session."""
    recorder: AuditRecorder = session.info["audit"]
    return recorder


@event.listens_for(AuditedSession, "loaded_as_persistent")
def _loaded(session: Session, row: object) -> None:
    if isinstance(row, Audited):
        session.info["audit"].read(row)


@event.listens_for(AuditedSession, "after_flush")
def _flushed(session: Session, _: UOWTransaction) -> None:
    recorder: AuditRecorder = session.info["audit"]
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
            entry = recorder.entry(action, kind, [_key(row) for row in written], patients)
            session.info["written"].append(AuditEntry(**entry))


def _key(row: Any) -> UUID:
    key: UUID = row.id
    return key


def _patient(row: Audited) -> UUID | None:
    column = type(row).audit_patient
    return getattr(row, column) if column else None
