"""What a verified result leads to, by the reflex rules of its test."""

from sqlalchemy import or_, select
from sqlmodel import col

from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.codes import OPEN_ORDERS, Comparator
from subgraphs.laboratory.facts import ResultFacts
from subgraphs.laboratory.judging import compares
from subgraphs.laboratory.models import Analysis, LabOrder, LabTest, ReflexRule, Specimen
from subgraphs.laboratory.service.observing import value_of
from subgraphs.laboratory.service.orders import follow_up, plan


async def reflex(work: UnitOfWork, order: LabOrder, row: Analysis, facts: ResultFacts) -> None:
    """Add the tests that a result leads to, whether it is the first one, a repeated or a corrected one; each test once.

    They are of the same specimen where that will do. An order that is over, of which a result was corrected, is followed by
    another one, for which a specimen is collected anew.
    """
    rules = select(ReflexRule).where(col(ReflexRule.lab_test_id) == row.lab_test_id, col(ReflexRule.active))
    added = {rule.added_test_id for rule in await work.session.scalars(rules) if _applies(rule, facts)}
    if not added:
        return
    known = select(col(Analysis.lab_test_id)).where(
        or_(col(Analysis.lab_order_id) == order.id, col(Analysis.reflex_of_id) == row.id)
    )
    tests = await work.rows(LabTest, added.difference(await work.session.scalars(known)), lock=False)
    active = [each for each in tests.values() if each.active]
    if order.status in OPEN_ORDERS:
        specimen = await work.session.get_one(Specimen, row.specimen_id)
        await plan(work, order, active, [specimen], reflex_of_id=row.id)
    elif active:
        await plan(work, await follow_up(work, order), active, reflex_of_id=row.id)


def _applies(rule: ReflexRule, facts: ResultFacts) -> bool:
    if rule.flags is not None:
        return facts.flag in rule.flags
    if rule.code is not None:
        return rule.code in {each.code for each in facts.codes}
    if rule.comparator is None or rule.threshold is None:
        return False
    return compares(value_of(facts), Comparator(rule.comparator), rule.threshold)
