"""What laboratories of other systems have found, as those tell it: history, of which nobody is told or asked to verify it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import inspect, select
from sqlmodel import col

from shared.database.model import assign
from shared.encryption import Encrypted
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.laboratory.codes import ReceivedStatus
from subgraphs.laboratory.commands.received import ReceivedHistory
from subgraphs.laboratory.models import Received, ReceivedLabReport, ReceivedLabRequest, ReceivedLabResult
from subgraphs.laboratory.models.received import ANALYTE

_RESULT = ("specimen_id", "request_id", "member_ids")
_REPORT = ("result_ids", "vital_signs_ids", "specimen_ids", "request_ids")

Histories = Sequence[tuple[UUID, ReceivedHistory]]


async def take_over(model: type[Received], work: UnitOfWork, told: Histories) -> list[Outcome]:
    """Let a table's rows be as another system tells, where it says something new."""
    survivors = await work.survivors({command.patient_id for _, command in told})
    said = await work.blind_indexes([("source", model.__name__, _statement(command)) for _, command in told])
    current = {key: (survivors[command.patient_id], digest) for (key, command), digest in zip(told, said, strict=True)}
    settled = await _settled(work, model, current)
    new = [(key, command) for key, command in told if key not in settled]
    present = await work.rows(model, {key for key, _ in new})
    indexes = await _indexes(work, new)
    outcomes = dict.fromkeys(settled, Outcome.UNCHANGED)
    for key, command in new:
        patient, digest = current[key]
        values = _columns(model, command, indexes) | {"patient_id": patient, "source_digest": digest}
        row = present.get(key)
        if row is None:
            work.session.add(model(id=key, **values))
            outcomes[key] = Outcome.CREATED
        else:
            assign(row, values)
            outcomes[key] = _outcome(row)
    return [outcomes[key] for key, _ in told]


async def retract(model: type[Received], work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let rows be mistakes that their system takes back; if it tells of them again, they are what it says then."""
    rows, changed = await work.rows(model, set(keys)), set[UUID]()
    for key, row in rows.items():
        row.source_digest = None
        if assign(row, {"status": ReceivedStatus.ENTERED_IN_ERROR}):
            changed.add(key)
    return [Outcome.UPDATED if key in changed else Outcome.UNCHANGED for key in keys]


async def may_be(model: type[Received], work: UnitOfWork, told: Histories) -> list[bool]:
    """Whether each row may be the one that is told of: it is the same patient's."""
    survivors = await work.survivors({command.patient_id for _, command in told})
    columns = select(col(model.id), col(model.patient_id)).where(col(model.id).in_({key for key, _ in told}))
    patients = {row.id: row.patient_id for row in await work.session.execute(columns)}
    return [patients.get(key) == survivors[command.patient_id] for key, command in told]


def _statement(command: ReceivedHistory) -> str:
    """All that is told, but for whose it is."""
    columns = command.model_dump(mode="json", exclude={"patient_id", "facts"}, exclude_defaults=True)
    return msgspec.json.encode([columns, command.facts], order="sorted").decode()


async def _settled(work: UnitOfWork, model: type[Received], said: Mapping[UUID, tuple[UUID, bytes]]) -> set[UUID]:
    """Those of which nothing new is said."""
    columns = select(col(model.id), col(model.patient_id), col(model.source_digest)).where(col(model.id).in_(said))
    return {row for row, *known in await work.session.execute(columns) if (*known,) == said[row]}


async def _indexes(work: UnitOfWork, told: Histories) -> Mapping[str, bytes]:
    codes = sorted({code for _, command in told for code in command.analytes})
    return dict(zip(codes, await work.blind_indexes([(ANALYTE, code) for code in codes]), strict=True))


def _columns(model: type[Received], command: ReceivedHistory, indexes: Mapping[str, bytes]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(command, name) for name in ("status", "at", "shared")}
    values["facts"] = Encrypted(command.facts)
    if model is ReceivedLabResult:
        values |= {name: getattr(command, name) for name in _RESULT}
        values["analytes"] = [indexes[code] for code in command.analytes]
    elif model is ReceivedLabReport:
        values |= {name: getattr(command, name) for name in _REPORT}
    elif model is ReceivedLabRequest:
        values["requester_id"] = command.requester_id
    return values


def _outcome(row: Received) -> Outcome:
    changed = (each.key for each in inspect(row).attrs if each.history.has_changes())
    return Outcome.UPDATED if {*changed} - row.unversioned else Outcome.UNCHANGED
