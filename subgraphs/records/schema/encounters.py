"""Encounters, and what is written about them."""

from uuid import UUID

import strawberry

from shared.errors import InvalidState, NotChecked, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key
from shared.graph.fields import query
from shared.graph.mutations import mutation
from subgraphs.records.codes import EncounterStatus
from subgraphs.records.commands.encounters import (
    CancelEncounter,
    FinishEncounter,
    HoldEncounter,
    PlanEncounter,
    ResumeEncounter,
    StartEncounter,
)
from subgraphs.records.commands.notes import AddAddendum, CosignNote, ReviseNote, SignNote, WriteNote
from subgraphs.records.policy import READ, SIGN, WRITE
from subgraphs.records.repository.entries import readable
from subgraphs.records.service import encounters, notes
from subgraphs.records.types.encounters import Encounter, Note
from subgraphs.records.types.record import MedicalRecord


@strawberry.type
class EncounterQuery:
    encounter = by_key(
        Encounter,
        description="The encounter with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )
    note = by_key(
        Note, description="The note with an id; null if there is none that the caller may see.", scopes=[[READ]]
    )

    @query(description="The medical record of the patient that the caller is; null for all others.", scopes=[[READ]])
    async def my_record(self, info: Info) -> MedicalRecord | None:
        key = info.context.principal.patient
        if key is None:
            return None
        return MedicalRecord(key=key) if await info.context.load(readable, key) else None


@strawberry.type
class EncounterMutation:
    @mutation(
        description="Start an encounter with a patient; while it is open, its practitioner may open the record.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def start_encounter(self, info: Info, input: StartEncounter) -> Encounter:
        return Encounter.of(await encounters.start(info.context, input))

    @mutation(
        description="Plan an encounter with a patient.", scopes=[[WRITE]], errors=[InvalidState, NotChecked, NotFound]
    )
    async def plan_encounter(self, info: Info, input: PlanEncounter) -> Encounter:
        return Encounter.of(await encounters.plan(info.context, input))

    @mutation(
        description="Begin an encounter that was planned, or go on with one that is on hold.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def resume_encounter(self, info: Info, input: ResumeEncounter) -> Encounter:
        return await _moved(info, input.id, input.version, EncounterStatus.IN_PROGRESS)

    @mutation(description="Interrupt an encounter.", scopes=[[WRITE]], errors=[InvalidState, NotFound, VersionConflict])
    async def hold_encounter(self, info: Info, input: HoldEncounter) -> Encounter:
        return await _moved(info, input.id, input.version, EncounterStatus.ON_HOLD)

    @mutation(
        description="Finish an encounter: it is locked, and nothing but addenda is added to it.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def finish_encounter(self, info: Info, input: FinishEncounter) -> Encounter:
        return await _moved(info, input.id, input.version, EncounterStatus.FINISHED)

    @mutation(
        description="Cancel an encounter that was planned.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def cancel_encounter(self, info: Info, input: CancelEncounter) -> Encounter:
        return await _moved(info, input.id, input.version, EncounterStatus.CANCELLED)


@strawberry.type
class NoteMutation:
    @mutation(
        description="Begin a note, as a draft that only the caller sees.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def write_note(self, info: Info, input: WriteNote) -> Note:
        return Note.of(await notes.write(info.context, input))

    @mutation(
        description="Let a draft of the caller's say something else; each version is kept.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def revise_note(self, info: Info, input: ReviseNote) -> Note:
        return Note.of(await notes.revise(info.context, input))

    @mutation(
        description="Sign a draft of the caller's; it never changes again, and all see it who may open the record.",
        scopes=[[SIGN]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def sign_note(self, info: Info, input: SignNote) -> Note:
        return Note.of(await notes.sign(info.context, input))

    @mutation(
        description="Cosign a note that somebody else has signed.",
        scopes=[[SIGN]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def cosign_note(self, info: Info, input: CosignNote) -> Note:
        return Note.of(await notes.cosign(info.context, input))

    @mutation(
        description="Add something to a signed note, which stays as it is; its encounter may be locked.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def add_addendum(self, info: Info, input: AddAddendum) -> Note:
        return Note.of(await notes.add(info.context, input))


async def _moved(info: Info, key: UUID, version: int, status: EncounterStatus) -> Encounter:
    return Encounter.of(await encounters.move(info.context, key, version, status))
