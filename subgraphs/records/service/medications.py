"""Medications of other systems, and what is taken by their word."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.database.model import assign
from shared.known import Result
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.records.commands.received import ReceivedEntry, ReceivedMedication
from subgraphs.records.facts import Coded, MedicationStatementFacts
from subgraphs.records.models import Medication, MedicationStatement
from subgraphs.records.service import received

Medications = Sequence[tuple[UUID, ReceivedMedication]]


async def take_over(work: UnitOfWork, told: Medications) -> list[Outcome]:
    """Let medications be as another system tells."""
    present, outcomes = await work.rows(Medication, {key for key, _ in told}), []
    for key, command in told:
        row = present.get(key)
        if row is None:
            work.session.add(Medication(id=key, **command.model_dump()))
            outcomes.append(Outcome.CREATED)
        else:
            outcomes.append(Outcome.UPDATED if assign(row, command.model_dump()) else Outcome.UNCHANGED)
    return outcomes


async def retract(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let medications stay that their system takes back: what is taken by their word says so itself."""
    return [Outcome.UNCHANGED for _ in keys]


async def may_be(work: UnitOfWork, told: Medications) -> list[bool]:
    """Whether each medication may be the one that is told of: it has the same code."""
    rows = await work.rows(Medication, {key for key, _ in told}, lock=False)
    return [key in rows and (rows[key].system, rows[key].code) == (one.system, one.code) for key, one in told]


async def take_over_statements(work: UnitOfWork, told: received.Entries) -> list[Outcome | Result]:
    """Let it be known what somebody takes, as another system tells."""
    keys = {command.medication_id for _, command in told if command.medication_id}
    found = await work.rows(Medication, keys, lock=False) if keys else {}
    named = [(key, _named(one, found[one.medication_id]) if one.medication_id else one) for key, one in told]
    return await received.take_over(MedicationStatement, work, named)


def _named(command: ReceivedEntry, row: Medication) -> ReceivedEntry:
    assert isinstance(command.facts, MedicationStatementFacts)  # noqa: S101 - the reader's own
    code = Coded(system=row.system, code=row.code, display=row.display)
    return command.model_copy(update={"facts": msgspec.structs.replace(command.facts, code=code)})
