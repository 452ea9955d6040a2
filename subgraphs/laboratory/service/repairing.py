"""Seeing to messages that wait: with what was missing they are worked on again, or nothing more comes of them."""

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import InboundStatus
from subgraphs.laboratory.commands.inbound import ConfirmInboundOrder, DiscardInboundMessage, RepairInboundMessage
from subgraphs.laboratory.errors import PERSON_DISAGREES
from subgraphs.laboratory.hl7.message import Message
from subgraphs.laboratory.hl7.results import Results
from subgraphs.laboratory.models import Analyzer, InboundMessage, LabOrder
from subgraphs.laboratory.service import inbound, matching
from subgraphs.laboratory.service.analyzers import map_codes
from subgraphs.laboratory.service.applying import Applying
from subgraphs.laboratory.service.matching import Unmatched
from subgraphs.laboratory.service.orders import hold
from subgraphs.laboratory.service.states import move, require


async def repair(context: Context, command: RepairInboundMessage) -> InboundMessage:
    """Work on a parked message again, as the caller, with what they say of it."""
    async with context.write() as work:
        row = await parked(work, command)
        analyzer = await work.session.get_one(Analyzer, row.analyzer_id)
        found = await inbound.read(work, analyzer, Message(row.content.value))
        if command.codes:
            await map_codes(work, row, command.codes)
        order = await _order(work, command, row, found)
        stored = {each.position: each for each in await inbound.results_of(work, row)}
        await Applying(work, row, found, stored, order).apply()
    return row


async def discard(context: Context, command: DiscardInboundMessage) -> InboundMessage:
    """Let nothing more come of a parked message; what was done of it stays."""
    async with context.write() as work:
        row = await parked(work, command)
        move(work, row, InboundStatus.DISCARDED)
        row.cause, row.ended_at = None, utc_now()
        row.discard_reason = Encrypted(command.reason)
    return row


async def parked(
    work: UnitOfWork, command: ConfirmInboundOrder | RepairInboundMessage | DiscardInboundMessage
) -> InboundMessage:
    """The message that a command is about, locked, at its version."""
    row = await work.find(policy.inbound_messages, command.id, scope=policy.EXAMINE, version=command.version)
    require(row, InboundStatus.PARKED)
    return row


async def _order(
    work: UnitOfWork, command: RepairInboundMessage, row: InboundMessage, found: Results
) -> LabOrder | None:
    """The order that the caller names, of the message's laboratory; raises NotFound, and InvalidState for somebody else's."""
    if command.order_id is None:
        return None
    seen = await work.find(policy.lab_orders, command.order_id, scope=policy.EXAMINE, lock=False)
    order = await hold(work, seen.id)
    await open_rows(work.keyring, [order])
    try:
        same = matching.is_patient_of(order, matching.only_person(found))
    except Unmatched:
        same = False
    if not same and not command.person_checked:
        raise InvalidState(PERSON_DISAGREES)
    return order
