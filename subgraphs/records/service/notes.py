"""Clinical notes: written, signed, cosigned and added to. Nobody locks a draft: who saves it second is told of the first."""

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.records import policy
from subgraphs.records.codes import NoteStatus, NoteType
from subgraphs.records.commands.notes import AddAddendum, CosignNote, ReviseNote, SignNote, WriteNote
from subgraphs.records.errors import ENCOUNTER_LOCKED, NOTE_STATUS, OWN_NOTE
from subgraphs.records.events import NoteSigned, NoteWritten
from subgraphs.records.facts import NoteFacts
from subgraphs.records.models import Addendum, Encounter, Note, NoteVersion
from subgraphs.records.service.entries import origin
from subgraphs.records.signatures import said, signature


async def write(context: Context, command: WriteNote) -> Note:
    """Begin a draft."""
    async with context.write() as work:
        await work.once(command)
        row = Note(
            **await origin(work, Note.section, command.patient_id, command.encounter_id),
            status=NoteStatus.DRAFT,
            private=command.type is NoteType.PSYCHOTHERAPY,
            facts=Encrypted(NoteFacts(type=command.type, title=command.title)),
        )
        work.session.add(row)
        await work.session.flush()
        work.session.add(_version(work, row, command.content))
        work.publish(
            NoteWritten(
                note_id=row.id,
                account_id=work.principal.subject,
                practitioner_id=row.recorder_id,
                written_at=row.recorded_at,
            )
        )
        work.done(row.id)
    return row


async def revise(context: Context, command: ReviseNote) -> Note:
    """Let a draft say something else."""
    async with context.write() as work:
        row = await work.find(policy.notes, command.id, scope=policy.WRITE, version=command.version)
        _require(row, NoteStatus.DRAFT)
        if row.encounter_id is not None:
            encounter = await work.session.get_one(Encounter, row.encounter_id, with_for_update={"read": True})
            if encounter.locked_at is not None:
                raise InvalidState(ENCOUNTER_LOCKED)
        row.written += 1
        row.facts = Encrypted(NoteFacts(type=row.facts.value.type, title=command.title))
        work.session.add(_version(work, row, command.content))
    return row


async def sign(context: Context, command: SignNote) -> Note:
    """Sign one's own draft as it was read."""
    async with context.write() as work:
        row = await work.find(policy.notes, command.id, scope=policy.SIGN, version=command.version)
        _require(row, NoteStatus.DRAFT)
        newest = select(NoteVersion).where(col(NoteVersion.note_id) == row.id, col(NoteVersion.number) == row.written)
        version = (await work.session.scalars(newest)).one()
        await open_rows(work.keyring, [version])
        row.status, row.signed_at = NoteStatus.SIGNED, utc_now()
        row.signature = signature(row.id, said(row, version), row.account_id, row.signed_at)
        work.publish(
            NoteSigned(
                note_id=row.id,
                patient_id=row.patient_id,
                encounter_id=row.encounter_id,
                account_id=work.principal.subject,
                written_at=row.recorded_at,
                signed_at=row.signed_at,
            )
        )
    return row


async def cosign(context: Context, command: CosignNote) -> Note:
    """Sign somebody else's signed note too."""
    async with context.write() as work:
        row = await work.find(policy.signed_notes, command.id, scope=policy.SIGN, version=command.version)
        if row.account_id == work.principal.subject:
            raise InvalidState(OWN_NOTE)
        _require(row, NoteStatus.SIGNED)
        row.status, row.cosigned_at = NoteStatus.COSIGNED, utc_now()
        row.cosigned_by, row.cosigner_id = work.principal.subject, work.principal.practitioner
    return row


async def add(context: Context, command: AddAddendum) -> Note:
    """Add something to a signed note, its encounter locked or not."""
    async with context.write() as work:
        await work.once(command)
        note = await work.find(policy.signed_notes, command.note_id, scope=policy.WRITE, lock=False)
        if note.status == NoteStatus.ENTERED_IN_ERROR:
            raise InvalidState(NOTE_STATUS, status=note.status, required=f"{NoteStatus.SIGNED}")
        row = Addendum(
            note_id=note.id,
            patient_id=note.patient_id,
            account_id=work.principal.subject,
            recorder_id=work.principal.practitioner,
            signed_at=utc_now(),
            content=Encrypted(command.content),
            signature=b"",
        )
        row.signature = signature(row.id, (command.content,), row.account_id, row.signed_at)
        work.session.add(row)
        work.done(note.id)
    return note


def _version(work: UnitOfWork, row: Note, content: str) -> NoteVersion:
    return NoteVersion(
        note_id=row.id,
        number=row.written,
        patient_id=row.patient_id,
        account_id=work.principal.subject,
        content=Encrypted(content),
    )


def _require(row: Note, status: NoteStatus) -> None:
    if row.status != status:
        raise InvalidState(NOTE_STATUS, status=row.status, required=status)
