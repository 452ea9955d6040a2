"""Encounters that other systems tell of. They are over, and locked to nobody: their source may tell more of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from shared.database.model import assign
from shared.encryption import Encrypted
from shared.known import Result
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.records.codes import EncounterStatus
from subgraphs.records.commands.received import ReceivedEncounter
from subgraphs.records.models import Encounter
from subgraphs.records.service.encounters import STATES, change_status

Encounters = Sequence[tuple[UUID, ReceivedEncounter]]

_STATUS = ("status", "left out, since the encounter is in a state here that does not lead to it")


async def take_over(work: UnitOfWork, told: Encounters) -> list[Outcome | Result]:
    """Let encounters be as another system tells, where it says something new; what is over stays so."""
    survivors = await work.survivors({command.patient_id for _, command in told})
    said = await work.blind_indexes([("source", Encounter.__name__, _said(command)) for _, command in told])
    columns = select(col(Encounter.id), col(Encounter.source_digest)).where(
        col(Encounter.id).in_([key for key, _ in told])
    )
    known = {row.id: row.source_digest for row in await work.session.execute(columns)}
    new = {key for (key, _), digest in zip(told, said, strict=True) if known.get(key) != digest}
    present, results = await work.rows(Encounter, new), list[Outcome | Result]()
    for (key, command), digest in zip(told, said, strict=True):
        row, values = present.get(key), _columns(command, survivors[command.patient_id]) | {"source_digest": digest}
        if key not in new:
            results.append(Outcome.UNCHANGED)
        elif row is None:
            work.session.add(Encounter(id=key, **values))
            results.append(Outcome.CREATED)
        else:
            step = (EncounterStatus(row.status), command.status)
            leads = step[0] == step[1] or step in STATES.ways
            changed = assign(row, values if leads else values | {"status": row.status}) - {"source_digest"}
            outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
            results.append(outcome if leads else Result(outcome, [_STATUS]))
    return results


async def retract(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let encounters be mistakes that their system takes back."""
    rows, changed = await work.rows(Encounter, set(keys)), set[UUID]()
    for key, row in rows.items():
        if row.status != EncounterStatus.ENTERED_IN_ERROR:
            await change_status(work, row, EncounterStatus.ENTERED_IN_ERROR)
            changed.add(key)
    return [Outcome.UPDATED if key in changed else Outcome.UNCHANGED for key in keys]


async def may_be(work: UnitOfWork, told: Encounters) -> list[bool]:
    """Whether each encounter may be the one that is told of: it is the same patient's."""
    survivors = await work.survivors({command.patient_id for _, command in told})
    columns = select(col(Encounter.id), col(Encounter.patient_id)).where(
        col(Encounter.id).in_([key for key, _ in told])
    )
    patients = {row.id: row.patient_id for row in await work.session.execute(columns)}
    return [patients.get(key) == survivors[command.patient_id] for key, command in told]


def _said(command: ReceivedEncounter) -> str:
    return msgspec.json.encode(
        [command.model_dump(mode="json", exclude={"facts"}), command.facts], order="sorted"
    ).decode()


def _columns(command: ReceivedEncounter, patient_id: UUID) -> dict[str, Any]:
    return command.model_dump(exclude={"facts"}) | {"patient_id": patient_id, "facts": Encrypted(command.facts)}
