"""Entries of the record that other systems tell of. They let nobody open it: who imports them treats nobody."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import inspect, select
from sqlmodel import col

from shared.database.model import assign, utc_now
from shared.encryption import Encrypted
from shared.known import Result
from shared.patient_access import Basis
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.records.codes import CareTeamStatus
from subgraphs.records.commands.received import ReceivedEntry
from subgraphs.records.events import EntryChanged, EntryRecorded
from subgraphs.records.facts import AllergyFacts, VitalSignsFacts
from subgraphs.records.models import Allergy, CareTeam, Condition, Document, Encounter, SocialHistory, VitalSigns
from subgraphs.records.models.entries import ENTERED_IN_ERROR, Told
from subgraphs.records.service import entries, problems
from subgraphs.records.service.allergies import settle_allergies, substances
from subgraphs.records.service.relations import narrow

BY_PEOPLE = ("status", "left out, since it was marked as entered by mistake here")
LOCKED = ("encounter", "left out, since the encounter was locked here")
_REPEATED = ("clinicalStatus", "taken as inactive, since the patient has this allergy already, or has some after all")

_OBSERVED: tuple[type[Told], ...] = (VitalSigns, SocialHistory)

Entries = Sequence[tuple[UUID, ReceivedEntry]]


async def take_over(model: type[Told], work: UnitOfWork, told: Entries) -> list[Outcome | Result]:
    """Let a table's entries be as another system tells, where it says something new.

    What was changed here meanwhile is kept otherwise, and what was marked as a mistake here stays so.
    """
    survivors = await work.survivors({command.patient_id for _, command in told})
    said = await work.blind_indexes([("source", model.__name__, statement(command)) for _, command in told])
    current = {key: (survivors[command.patient_id], digest) for (key, command), digest in zip(told, said, strict=True)}
    settled = await find_settled(work, model, current)
    new = [(key, command) for key, command in told if key not in settled]
    present, locked = await work.rows(model, {key for key, _ in new}), await find_locked(work, new)
    more = await _more(work, model, new, survivors)
    outcomes = dict.fromkeys(settled, Outcome.UNCHANGED)
    changes: dict[UUID, list[tuple[str, str]]] = {}
    rows: list[Told] = []
    for key, command in new:
        row, patient = present.get(key), survivors[command.patient_id]
        if row is not None and row.retraction is not None:
            outcomes[key], changes[key] = Outcome.UNCHANGED, [BY_PEOPLE]
            continue
        if command.encounter_id in locked:
            changes[key] = [LOCKED]
        values = columns_of(command, patient, locked) | more.get(key, {}) | {"source_digest": current[key][1]}
        if row is None:
            rows.append(model(id=key, **{"recorded_at": utc_now(), **values}))
        else:
            assign(row, values)
            rows.append(row)
    for key in await settle_allergies(work, [row for row in rows if isinstance(row, Allergy)]):
        changes[key] = [*changes.get(key, []), _REPEATED]
    outcomes |= {row.id: outcome_of(row) if row.id in present else Outcome.CREATED for row in rows}
    await work.session.flush()  # what no longer holds, before what is new
    for row in rows:
        await write(work, row, outcomes[row.id])
    await problems.tell(work, [row for row in rows if outcomes[row.id] is not Outcome.UNCHANGED])
    return [Result(outcomes[key], changes[key]) if key in changes else outcomes[key] for key, _ in told]


async def retract(model: type[Told], work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let entries be mistakes that their system takes back; if it tells of them again, they are what it says then."""
    rows, changed = await work.rows(model, set(keys)), set[UUID]()
    for key, row in rows.items():
        values = {
            "status": ENTERED_IN_ERROR,
            **({"clinical_status": None} if isinstance(row, Allergy | Condition) else {}),
            **({"scan_at": None} if isinstance(row, Document) else {}),
        }
        row.source_digest = None
        if assign(row, values):
            changed.add(key)
            await write(work, row, Outcome.UPDATED)
    await problems.tell(work, [row for key, row in rows.items() if key in changed])
    return [Outcome.UPDATED if key in changed else Outcome.UNCHANGED for key in keys]


async def may_be(model: type[Told], work: UnitOfWork, told: Entries) -> list[bool]:
    """Whether each entry may be the one that is told of: it is the same patient's."""
    survivors = await work.survivors({command.patient_id for _, command in told})
    columns = select(col(model.id), col(model.patient_id)).where(col(model.id).in_({key for key, _ in told}))
    patients = {row.id: row.patient_id for row in await work.session.execute(columns)}
    return [patients.get(key) == survivors[command.patient_id] for key, command in told]


async def take_over_observations(work: UnitOfWork, told: Entries) -> list[Outcome | Result]:
    """Let vital signs and social history be as another system tells."""
    results: dict[UUID, Outcome | Result] = {}
    for model in _OBSERVED:
        own = [(key, one) for key, one in told if isinstance(one.facts, VitalSignsFacts) == (model is VitalSigns)]
        results |= zip((key for key, _ in own), await take_over(model, work, own), strict=True)
    return [results[key] for key, _ in told]


async def retract_observations(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let vital signs and social history be mistakes that their system takes back."""
    found = [await retract(model, work, keys) for model in _OBSERVED]
    return [Outcome.UPDATED if Outcome.UPDATED in each else Outcome.UNCHANGED for each in zip(*found, strict=True)]


async def may_be_observations(work: UnitOfWork, told: Entries) -> list[bool]:
    """Whether each observation may be the one that is told of."""
    found = [await may_be(model, work, told) for model in _OBSERVED]
    return [any(each) for each in zip(*found, strict=True)]


def statement(command: ReceivedEntry) -> str:
    """All that is told, but for whose it is; of a document's content, its facts have the hash."""
    others = {"patient_id", "facts", "medication_id", "content"}
    columns = command.model_dump(mode="json", exclude=others, exclude_defaults=True)
    return msgspec.json.encode([columns, command.facts], order="sorted").decode()


async def find_settled(work: UnitOfWork, model: type[Told], said: Mapping[UUID, tuple[UUID, bytes]]) -> set[UUID]:
    """Those of which nothing new is said."""
    columns = select(col(model.id), col(model.patient_id), col(model.source_digest)).where(col(model.id).in_(said))
    return {row for row, *known in await work.session.execute(columns) if (*known,) == said[row]}


async def find_locked(work: UnitOfWork, told: Entries) -> set[UUID | None]:
    """The encounters to which nothing can be added."""
    keys = {command.encounter_id for _, command in told if command.encounter_id}
    rows = select(col(Encounter.id)).where(col(Encounter.id).in_(keys), col(Encounter.locked_at).is_not(None))
    return {*await work.session.scalars(rows)} if keys else set()


def columns_of(command: ReceivedEntry, patient_id: UUID, locked: set[UUID | None]) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "encounter_id": None if command.encounter_id in locked else command.encounter_id,
        "status": command.status,
        "facts": Encrypted(command.facts),
        **({"recorded_at": command.recorded_at} if command.recorded_at else {}),
    }


async def _more(
    work: UnitOfWork, model: type[Told], told: Entries, survivors: Mapping[UUID, UUID]
) -> dict[UUID, dict[str, Any]]:
    """The columns of entries that not all tables have."""
    if model is Condition:
        return {key: {"clinical_status": command.clinical_status} for key, command in told}
    if model is CareTeam:
        return {key: {"member_ids": command.member_ids} for key, command in told}
    if model is VitalSigns:
        codes = {each.code for _, command in told for each in _signs(command)}
        indexes = dict(zip(codes, await work.blind_indexes([("vital-sign", code) for code in codes]), strict=True))
        return {
            key: {"effective_at": command.effective_at, "signs": [indexes[each.code] for each in _signs(command)]}
            for key, command in told
        }
    if model is Allergy:
        of = [(survivors[one.patient_id], one.facts.code) for _, one in told if isinstance(one.facts, AllergyFacts)]
        return {
            key: {
                "clinical_status": command.clinical_status,
                "none_known": command.none_known,
                "substance": substance,
            }
            for (key, command), substance in zip(told, await substances(work, of), strict=True)
        }
    return {}


def _signs(command: ReceivedEntry) -> Sequence[Any]:
    return command.facts.measurements if isinstance(command.facts, VitalSignsFacts) else ()


def outcome_of(row: Told) -> Outcome:
    changed = (each.key for each in inspect(row).attrs if each.history.has_changes())
    return Outcome.UPDATED if {*changed} - row.unversioned else Outcome.UNCHANGED


async def write(work: UnitOfWork, row: Told, outcome: Outcome) -> None:
    """Enter what is new, and tell of what is other than before; who is in a team no longer, may open nothing by it."""
    if outcome is Outcome.CREATED:
        work.session.add(row)
        work.publish(EntryRecorded(**entries.told(row)))
    elif outcome is Outcome.UPDATED:
        work.publish(EntryChanged(**entries.told(row)))
        if isinstance(row, CareTeam):
            members = row.member_ids if row.status == CareTeamStatus.ACTIVE else []
            await narrow(work, Basis.CARE_TEAM, row.id, members)
