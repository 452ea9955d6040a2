"""Documents that other systems tell of, whose content comes with them, and stays as it came."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from shared.database.model import assign, utc_now
from shared.encryption import Encrypted
from shared.known import Result
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.records.codes import DocumentStatus
from subgraphs.records.commands.received import ReceivedDocument
from subgraphs.records.models import Document
from subgraphs.records.service import received
from subgraphs.records.service.documents import parts
from subgraphs.records.settings import DocumentSettings

_CONTENT = ("content", "left out, since it is another than has come, which stays: a new one is a document of its own")
_OF_ANOTHER = ("subject", "closed as a mistake, since it is another patient's now, and its content stays where it is")

Documents = Sequence[tuple[UUID, ReceivedDocument]]


async def take_over(work: UnitOfWork, told: Documents) -> list[Outcome | Result]:
    """Let documents be as another system tells, where it says something new of the content that it sent first."""
    survivors = await work.survivors({command.patient_id for _, command in told})
    said = await work.blind_indexes([("source", Document.__name__, received.statement(command)) for _, command in told])
    current = {key: (survivors[command.patient_id], digest) for (key, command), digest in zip(told, said, strict=True)}
    settled = await received.find_settled(work, Document, current)
    new = [(key, command) for key, command in told if key not in settled]
    present, locked = await work.rows(Document, {key for key, _ in new}), await received.find_locked(work, new)
    results: dict[UUID, Outcome | Result] = dict.fromkeys(settled, Outcome.UNCHANGED)
    is_scanned = DocumentSettings().records_clamd_address is not None
    created: list[tuple[Document, bytes]] = []
    for key, command in new:
        row, (patient, digest) = present.get(key), current[key]
        if row is not None and (refused := _refused(row, command, patient)):
            results[key] = Result(await _closed(work, row, patient), [refused])
            continue
        values = received.columns_of(command, patient, locked) | {"source_digest": digest}
        values |= _state(row, command, is_scanned=is_scanned)
        if row is None:
            row, outcome = Document(id=key, **{"recorded_at": utc_now(), **values}), Outcome.CREATED
            created.append((row, command.content))
        else:
            assign(row, values)
            outcome = received.outcome_of(row)
        await received.write(work, row, outcome)
        results[key] = Result(outcome, [received.LOCKED]) if command.encounter_id in locked else outcome
    await work.session.flush()
    for row, content in created:
        work.session.add_all(parts(row, content))
    return [results[key] for key, _ in told]


def _refused(row: Document, command: ReceivedDocument, patient_id: UUID) -> tuple[str, str] | None:
    """Why a document does not become what is told of it."""
    if row.retraction is not None:
        return received.BY_PEOPLE
    if row.patient_id != patient_id:
        return _OF_ANOTHER
    return None if row.facts.value.hash == command.facts.hash else _CONTENT


async def _closed(work: UnitOfWork, row: Document, patient_id: UUID) -> Outcome:
    """Whether a document was closed, since it is another patient's."""
    if row.patient_id == patient_id or row.retraction is not None:
        return Outcome.UNCHANGED
    [outcome] = await received.retract(Document, work, [row.id])
    return outcome


def _state(row: Document | None, command: ReceivedDocument, *, is_scanned: bool) -> Mapping[str, Any]:
    """How far a document is: one that was here stays so, and one that was a mistake is what was found in it, or new."""
    now = utc_now()
    known = row.facts.value if row else command.facts
    facts = msgspec.structs.replace(command.facts, malware=known.malware, rejection=known.rejection)
    shared_at = ((row and row.shared_at) or now) if command.shared else None
    said = {"facts": Encrypted(facts), "shared_at": shared_at}
    if row is not None and row.status != DocumentStatus.ENTERED_IN_ERROR:
        return said | {"status": row.status}
    status = DocumentStatus.UPLOADED if is_scanned else DocumentStatus.AVAILABLE
    if known.malware or known.rejection:
        status = DocumentStatus.QUARANTINED if known.malware else DocumentStatus.REJECTED
    uploaded_at = (row and row.uploaded_at) or now
    return said | {
        "status": status,
        "uploaded_at": uploaded_at,
        "scan_at": now if status is DocumentStatus.UPLOADED else None,
        "scan_attempts": 0,
    }
