"""Messages from analyzers and other laboratories: kept once, applied or parked, and answered once that is stored.

A message is worked on in one transaction; what it says of one result is a part of it that may fail by itself.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlmodel import col

from shared.database.engine import Database
from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork, system_work
from subgraphs.laboratory.codes import InboundCause, InboundResultStatus, InboundStatus
from subgraphs.laboratory.hl7.acknowledgement import Problem, Verdict, acknowledgement, rejection
from subgraphs.laboratory.hl7.message import Message, Unacceptable
from subgraphs.laboratory.hl7.results import Header, Results, read_header, read_results
from subgraphs.laboratory.models import Analyzer, InboundMessage, InboundResult, Location
from subgraphs.laboratory.service.applying import Applying
from subgraphs.laboratory.service.states import move

log = structlog.get_logger(__name__)

_FAULT = "207"
_ERRORS = {
    InboundCause.UNMAPPED_CODE: ("103", "OBX-3"),
    InboundCause.STATUS_MISSING: ("101", "OBX-11"),
    InboundCause.STATUS_UNKNOWN: ("103", "OBX-11"),
    InboundCause.VALUE: ("102", "OBX-5"),
    InboundCause.UNIT: ("102", "OBX-6"),
    InboundCause.FAULT: (_FAULT, ""),
    InboundCause.PATIENT_DISAGREES: ("204", "PID-3"),
    InboundCause.SEVERAL_PATIENTS: ("100", "PID"),
}
_OTHERS = ("204", "OBR-2")  # what has to do with the order


class Received(NamedTuple):
    """A message that is stored, and whether it was before."""

    row: InboundMessage
    results: Sequence[InboundResult]


class ControlIdReused(Exception):
    """The sender gave another message the same control id."""


async def receive(database: Database, content: bytes) -> bytes:
    """Take a message, and give its answer; it never raises. What it answers is stored before."""
    asked, identifier = None, new_id()
    try:
        asked = Message(content)
        header = read_header(asked)
        stored = await _take(database, asked, header, content)
    except Unacceptable as error:
        return rejection(asked, error, identifier)
    except ControlIdReused:
        problem = Problem("205", "MSH-10", "Another message had this control id.")
        return acknowledgement(asked, Verdict.ERROR, identifier, [problem])
    except Exception as error:  # whatever is wrong here, such as the database: the sender sends it again
        log.error("inbound.failed", error=type(error).__name__)
        problem = Problem(_FAULT, "", "It cannot be taken at the moment.")
        return acknowledgement(asked, Verdict.REJECTED, identifier, [problem])
    if stored.row.status != InboundStatus.PARKED:
        return acknowledgement(asked, Verdict.ACCEPTED, identifier)
    return acknowledgement(asked, Verdict.ERROR, identifier, _problems(stored))


def _problems(stored: Received) -> list[Problem]:
    causes = [each.cause for each in stored.results if each.status == InboundResultStatus.PARKED]
    found = [InboundCause(each) for each in dict.fromkeys([stored.row.cause, *causes]) if each]
    return [Problem(*_ERRORS.get(each, _OTHERS), f"{each}: {each.description}") for each in found]


async def _take(database: Database, asked: Message, header: Header, content: bytes) -> Received:
    """Store a message and do what it says; one that cannot be worked on is stored by itself."""
    try:
        async with system_work(database, "hl7") as work:
            return await take(work, asked, header, content)
    except (Unacceptable, ControlIdReused):
        raise
    except Exception as error:  # a fault of ours: nobody should have to send it for ever
        log.error("inbound.fault", error=type(error).__name__)
        async with system_work(database, "hl7") as work:
            return await take(work, asked, header, content, fault=True)


async def take(work: UnitOfWork, asked: Message, header: Header, content: bytes, *, fault: bool = False) -> Received:
    """Store a message that is new, and do what it says; give one that was stored. Raises Unacceptable, ControlIdReused."""
    analyzer = await _sender(work, header)
    found = await read(work, analyzer, asked)
    await work.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"inbound:{analyzer.id}:{header.control_id}", 0)))
    )
    digest = await work.blind_index("inbound", hashlib.sha256(content).hexdigest())
    if (known := await _known(work, analyzer, header.control_id)) is not None:
        if known.row.digest != digest:
            raise ControlIdReused
        return known
    row = InboundMessage(
        analyzer_id=analyzer.id,
        laboratory_id=analyzer.laboratory_id,
        control_id=header.control_id,
        digest=digest,
        received_at=utc_now(),
        content=Encrypted(content),
    )
    work.session.add(row)
    await work.session.flush()
    if fault:
        move(work, row, InboundStatus.PARKED)
        row.cause = InboundCause.FAULT
        return Received(row, ())
    return Received(row, await Applying(work, row, found).apply())


async def read(work: UnitOfWork, analyzer: Analyzer, asked: Message) -> Results:
    """A message's results, its times by the laboratory's clock; raises Unacceptable."""
    location = await work.session.get_one(Location, analyzer.laboratory_id)
    return read_results(asked, ZoneInfo(location.time_zone))


async def _sender(work: UnitOfWork, header: Header) -> Analyzer:
    known = select(Analyzer).where(
        col(Analyzer.active),
        col(Analyzer.application) == header.application,
        col(Analyzer.facility) == header.facility,
    )
    analyzer = await work.session.scalar(known)
    if analyzer is None:
        raise Unacceptable("204", "MSH-3", "No analyzer is known that sends by this name.")
    return analyzer


async def _known(work: UnitOfWork, analyzer: Analyzer, control_id: str) -> Received | None:
    mine = select(InboundMessage).where(
        col(InboundMessage.analyzer_id) == analyzer.id, col(InboundMessage.control_id) == control_id
    )
    row = await work.session.scalar(mine)
    if row is None:
        return None
    await open_rows(work.keyring, [row])
    return Received(row, await results_of(work, row))


async def results_of(work: UnitOfWork, row: InboundMessage) -> Sequence[InboundResult]:
    """What became of a message's results, in order."""
    mine = select(InboundResult).where(col(InboundResult.inbound_message_id) == row.id)
    return (await work.session.scalars(mine.order_by(col(InboundResult.position)))).all()
