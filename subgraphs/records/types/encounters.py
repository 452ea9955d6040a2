"""GraphQL types of encounters, and of what is written about them."""

from datetime import datetime

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity, listing_of_each, reference
from shared.graph.fields import from_row
from subgraphs.records import models, policy
from subgraphs.records.codes import EncounterClass, EncounterStatus, NoteStatus, NoteType
from subgraphs.records.repository import entries
from subgraphs.records.signatures import is_intact
from subgraphs.records.signatures import said as what_is_signed
from subgraphs.records.types.said import VERSION, said
from subgraphs.records.types.stubs import Appointment, Patient, Practitioner
from subgraphs.records.types.timeline import TimelineEntry


@strawberry.type(description="Proof of what was signed, by whom and when.")
class Signature:
    signed_at: datetime = strawberry.field(description="When it was signed.")
    signer: Practitioner | None = strawberry.field(
        description="The practitioner who signed; null where the account is no practitioner's."
    )
    hash: str = strawberry.field(description="The SHA-256 of what was signed, by whom and when, in hexadecimal digits.")
    intact: bool = strawberry.field(description="Whether what was signed is still the same; checked at each reading.")


@entity(policy.note_versions, scopes=[[policy.READ]], description="What a clinical note said at one time.")
class NoteVersion(Entity[models.NoteVersion]):
    number: int | None = from_row("number", description="The number of the version; the first one is 1.")
    written_at: datetime | None = from_row("written_at", description="When the version was saved.")
    content: str | None = from_row(lambda row: row.content.value, description="What the note said.")


@entity(policy.addenda, scopes=[[policy.READ]], description="What was added to a clinical note after it was signed.")
class Addendum(Entity[models.Addendum]):
    content: str | None = from_row(lambda row: row.content.value, description="What was added.")

    @strawberry.field(description="Proof of what was added, by whom and when.")
    def signature(self) -> Signature | None:
        row = self.row
        return Signature(
            signed_at=row.signed_at,
            signer=Practitioner.of(row.recorder_id),
            hash=bytes(row.signature).hex(),
            intact=is_intact(row.signature, row.id, (row.content.value,), row.account_id, row.signed_at),
        )


@entity(
    policy.notes,
    scopes=[[policy.READ]],
    description="What somebody who treats a patient has written about them (FHIR Composition). Drafts are their author's only.",
)
class Note(Entity[models.Note], TimelineEntry):
    status: NoteStatus | None = from_row("status", description="The state of the note, such as DRAFT or SIGNED.")
    type: NoteType | None = said("type", description="What the note is for.")
    title: str | None = said("title", description="The title of the note.")
    recorded_at: datetime | None = from_row("recorded_at", description="When the note was begun.")
    cosigned_at: datetime | None = from_row(
        "cosigned_at", description="When somebody else than the author has signed the note too; null until then."
    )
    version: int | None = from_row("version", description=VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom the note is about.")
    author: Practitioner | None = reference(
        Practitioner, "recorder_id", description="The practitioner who has written the note; null if it is none's."
    )
    cosigner: Practitioner | None = reference(
        Practitioner, "cosigner_id", description="The practitioner who has cosigned the note; null until then."
    )
    versions = listing_of_each(
        NoteVersion,
        entries.VERSIONS_OF_NOTE,
        entries.VERSIONS,
        description="All that the note has said, the newest version first.",
        scopes=[[policy.READ]],
    )
    addenda = listing_of_each(
        Addendum,
        entries.ADDENDA_OF_NOTE,
        entries.ADDENDA,
        description="What was added to the note after it was signed, the oldest first.",
        scopes=[[policy.READ]],
    )

    @strawberry.field(description="What the note says.")
    async def content(self, info: Info) -> str | None:
        version = await info.context.load(entries.newest_versions, self.row.id)
        return None if version is None else version.content.value

    @strawberry.field(description="Proof of what the author has signed; null until then.")
    async def signature(self, info: Info) -> Signature | None:
        row, version = self.row, await info.context.load(entries.newest_versions, self.row.id)
        if row.signature is None or row.signed_at is None or version is None:
            return None
        return Signature(
            signed_at=row.signed_at,
            signer=Practitioner.of(row.recorder_id),
            hash=bytes(row.signature).hex(),
            intact=is_intact(row.signature, row.id, what_is_signed(row, version), row.account_id, row.signed_at),
        )

    @strawberry.field(description="The encounter that the note is about; null where it is about none.")
    async def encounter(self, info: Info) -> "Encounter | None":
        return await Encounter.load(info.context, self.row.encounter_id)


def _starts_at(row: models.Encounter) -> datetime | None:
    return None if row.partial_start else row.starts_at


def _ends_at(row: models.Encounter) -> datetime | None:
    return None if row.partial_end else row.ends_at


@entity(
    policy.encounters,
    scopes=[[policy.READ]],
    description="A patient is seen by a practitioner, from the beginning to the end (FHIR Encounter).",
)
class Encounter(Entity[models.Encounter], TimelineEntry):
    status: EncounterStatus | None = from_row("status", description="The state of the encounter, such as IN_PROGRESS.")
    kind: EncounterClass | None = said("kind", description="What kind of encounter it is.")
    reason: str | None = said("reason", description="Why the patient is seen; null where that was not said.")
    starts_at: datetime | None = from_row(
        _starts_at,
        description="When the encounter begins or has begun; null where only its `partialStart` is known.",
    )
    ends_at: datetime | None = from_row(
        _ends_at, description="When the encounter ended; null until then, and where only its `partialEnd` is known."
    )
    partial_start: str | None = from_row(
        "partial_start",
        description="The day, month or year in which the encounter began, such as 2025-03, where its time is not known.",
    )
    partial_end: str | None = from_row(
        "partial_end",
        description="The day, month or year in which the encounter ended, such as 2025-03, where its time is not known.",
    )
    locked_at: datetime | None = from_row(
        "locked_at", description="Since when nothing but addenda is added to the encounter; null until then."
    )
    version: int | None = from_row("version", description=VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient who is seen.")
    practitioner: Practitioner | None = reference(
        Practitioner,
        "practitioner_id",
        description="The practitioner who sees the patient; null where that is not known.",
    )
    appointment: Appointment | None = reference(
        Appointment, "appointment_id", description="The appointment that the patient has come for; null if for none."
    )
    notes = listing_of_each(
        Note,
        entries.NOTES_OF_ENCOUNTER,
        entries.NOTES,
        description="The notes about the encounter, the newest first.",
        scopes=[[policy.READ]],
    )
