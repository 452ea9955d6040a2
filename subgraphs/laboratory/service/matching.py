"""Whose results a message has: of which order, and whether it is the same person; and which test a code is."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlmodel import col

from shared.ids import parse_id
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.codes import InboundCause
from subgraphs.laboratory.hl7.results import LOINC, Code, Group, Person, Results
from subgraphs.laboratory.models import AnalyzerCode, InboundMessage, LabOrder, LabTest, Specimen
from subgraphs.laboratory.service.orders import hold

Codes = Mapping[tuple[str, str], LabTest]
"""Tests by system and code; LOINC's system is `LN` here."""


NO_ORDER = (InboundCause.UNSOLICITED, InboundCause.UNKNOWN_ORDER)
"""Causes by which a message is of no order that is known here."""


class Unmatched(Exception):
    """Nothing can be done, for this reason."""

    def __init__(self, cause: InboundCause) -> None:
        super().__init__(cause)
        self.cause = cause


def only_person(found: Results) -> Person:
    """Whose results they are; raises Unmatched."""
    if len(found.people) > 1:
        raise Unmatched(InboundCause.SEVERAL_PATIENTS)
    return found.people[0]


async def order_of(work: UnitOfWork, message: InboundMessage, group: Group) -> LabOrder:
    """The order, locked, that the numbers of a group lead to in the message's laboratory; raises Unmatched.

    Each number may be an order's or a specimen's: all of them that are known here lead to one.
    """
    if not group.numbers:
        raise Unmatched(InboundCause.UNSOLICITED)
    labelled = select(col(Specimen.lab_order_id)).where(col(Specimen.barcode).in_(group.numbers))
    here = col(LabOrder.laboratory_id) == message.laboratory_id
    keys = select(col(LabOrder.id)).where(
        here, or_(col(LabOrder.number).in_(group.numbers), col(LabOrder.id).in_(labelled))
    )
    found = list(await work.session.scalars(keys))
    if not found:
        raise Unmatched(InboundCause.UNKNOWN_ORDER)
    if len(found) > 1:
        raise Unmatched(InboundCause.NUMBERS_DISAGREE)
    return await hold(work, found[0])


def is_patient_of(order: LabOrder, person: Person) -> bool:
    """Whether a message names an order's patient: a number, the birth and the gender agree, and none of them is missing."""
    facts = order.facts.value
    numbers = {order.patient_id, *facts.numbers}
    known = any(each in numbers or parse_id(each, "Patient") == order.patient_id for each in person.numbers)
    return known and _born_alike(facts.born, person.born) and facts.sex is not None and facts.sex == person.sex


def _born_alike(known: str | None, told: str | None) -> bool:
    """Whether two births are one, as far as that is known here."""
    return known is not None and told is not None and told.startswith(known)


async def tests_by_code(work: UnitOfWork, message: InboundMessage, found: Results) -> Codes:
    """The tests of all codes of a message: LOINC's, and those that its sender is known to use."""
    codes = {each for group in found.groups for result in group.observations for each in result.codes if each.code}
    universal = select(LabTest).where(
        col(LabTest.loinc).in_({each.code for each in codes if each.system in LOINC}), col(LabTest.active)
    )
    own = (
        select(AnalyzerCode, LabTest)
        .join(LabTest, col(LabTest.id) == col(AnalyzerCode.lab_test_id))
        .where(
            col(AnalyzerCode.analyzer_id) == message.analyzer_id,
            col(AnalyzerCode.code).in_({each.code for each in codes}),
        )
    )
    mapped = {(row.system, row.code): test for row, test in await work.session.execute(own)}
    return mapped | {("LN", test.loinc): test for test in await work.session.scalars(universal)}


def test_of(tests: Codes, codes: Sequence[Code]) -> LabTest:
    """The test that one of several codes is, LOINC first; raises Unmatched."""
    for each in codes:
        system = "LN" if each.system in LOINC else each.system
        if test := tests.get((system, each.code)) or tests.get(("", each.code)):
            return test
    raise Unmatched(InboundCause.UNMAPPED_CODE)
