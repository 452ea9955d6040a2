"""Messages of no order that is known here: somebody confirms that one is to become an order of its own."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import OrderStatus, Priority, SpecimenStatus
from subgraphs.laboratory.commands.inbound import ConfirmInboundOrder
from subgraphs.laboratory.errors import NO_TEST, ORDER_KNOWN, PERSON_DISAGREES
from subgraphs.laboratory.events import LabOrdered
from subgraphs.laboratory.facts import OrderFacts
from subgraphs.laboratory.hl7.message import Message
from subgraphs.laboratory.hl7.results import Results
from subgraphs.laboratory.models import Analyzer, InboundMessage, LabOrder, LabTest
from subgraphs.laboratory.service import inbound, lookups, matching
from subgraphs.laboratory.service.applying import Applying
from subgraphs.laboratory.service.matching import Unmatched
from subgraphs.laboratory.service.orders import next_number, plan, plan_specimen
from subgraphs.laboratory.service.repairing import parked


async def confirm(context: Context, command: ConfirmInboundOrder) -> InboundMessage:
    """Make an order of a parked message, and work on it again; what it cannot be used for stays parked.

    Raises InvalidState where an order is known, or the patient is not the one whom it names.
    """
    async with context.write() as work:
        await parked(work, command)  # before anything is asked of others
    await lookups.check_practitioner(context, command.practitioner_id)
    async with context.write() as work:
        row = await parked(work, command)
        analyzer = await work.session.get_one(Analyzer, row.analyzer_id)
        found = await inbound.read(work, analyzer, Message(row.content.value))
        stored = {each.position: each for each in await inbound.results_of(work, row)}
        if any(each.analysis_id for each in stored.values()) or await _is_known(work, row, found):
            raise InvalidState(ORDER_KNOWN)
        order = await _order(work, command, row, found, await _earlier(work, command, row, found))
        await Applying(work, row, found, stored, order).apply()
    return row


async def _is_known(work: UnitOfWork, row: InboundMessage, found: Results) -> bool:
    """Whether a number of the message leads to an order, or to several."""
    for group in found.groups:
        try:
            await matching.order_of(work, row, group)
        except Unmatched as unmatched:
            if unmatched.cause not in matching.NO_ORDER:
                return True
        else:
            return True
    return False


async def _earlier(work: UnitOfWork, command: ConfirmInboundOrder, row: InboundMessage, found: Results) -> LabOrder:
    """The order that the caller names, to the same laboratory, if the message is its patient's by number, birth and gender."""
    earlier = await work.find(policy.lab_orders, command.earlier_order_id, scope=policy.EXAMINE, lock=False)
    with suppress(Unmatched):
        same = matching.is_patient_of(earlier, matching.only_person(found))
        if same and earlier.laboratory_id == row.laboratory_id:
            return earlier
    raise InvalidState(PERSON_DISAGREES)


async def _order(
    work: UnitOfWork, command: ConfirmInboundOrder, row: InboundMessage, found: Results, earlier: LabOrder
) -> LabOrder:
    """The order of a message's tests for the patient of an earlier one, whose specimens the laboratory has."""
    tests = await _tests(work, row, found)
    if not tests:
        raise InvalidState(NO_TEST)
    now, whose = utc_now(), earlier.facts.value
    order = LabOrder(
        number=await next_number(work),
        patient_id=earlier.patient_id,
        practitioner_id=command.practitioner_id,
        account_id=work.principal.subject,
        laboratory_id=row.laboratory_id,
        priority=Priority.ROUTINE,
        status=OrderStatus.IN_PROGRESS,
        ordered_at=now,
        facts=Encrypted(OrderFacts(numbers=whose.numbers, born=whose.born, sex=whose.sex)),
    )
    work.session.add(order)
    await work.session.flush()
    collected = min(filter(None, (each.collected_at for each in found.groups)), default=row.received_at)
    there: dict[str, Any] = {
        "status": SpecimenStatus.RECEIVED,
        "collected_at": min(collected, row.received_at),
        "received_at": row.received_at,
        "receiver_id": work.principal.subject,
    }
    kinds = dict.fromkeys((each.specimen_type, each.container) for each in tests)
    specimens = [await plan_specimen(work, order, *kind, **there) for kind in kinds]
    await plan(work, order, tests, specimens)
    work.publish(
        LabOrdered(
            order_id=order.id,
            patient_id=earlier.patient_id,
            practitioner_id=None,  # by a technician's word nobody opens a patient's data
            laboratory_id=order.laboratory_id,
            priority=order.priority,
            ordered_at=now,
        )
    )
    return order


async def _tests(work: UnitOfWork, row: InboundMessage, found: Results) -> list[LabTest]:
    """The tests that the message has results of, each once."""
    known, tests = await matching.tests_by_code(work, row, found), dict[UUID, LabTest]()
    for group in found.groups:
        for observation in group.observations:
            with suppress(Unmatched):
                test = matching.test_of(known, observation.codes)
                tests[test.id] = test
    return [*tests.values()]
