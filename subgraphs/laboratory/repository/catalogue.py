"""Statements that read the catalogue."""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.database.rows import grouped
from shared.graph.context import Context
from subgraphs.laboratory import policy
from subgraphs.laboratory.models import LabPanel, LabTest, PanelTest, ReferenceRange, ReflexRule

LAB_TESTS = Order((col(LabTest.name), col(LabTest.id)))
LAB_PANELS = Order((col(LabPanel.name), col(LabPanel.id)))
RANGES = Order((col(ReferenceRange.id),))
RULES = Order((col(ReflexRule.id),))


def lab_tests(principal: Principal, active: bool | None) -> Select[LabTest]:
    """Those that can be ordered, those that cannot, or all."""
    statement = policy.lab_tests(principal)
    return statement if active is None else statement.where(col(LabTest.active) == active)


def lab_panels(principal: Principal, active: bool | None) -> Select[LabPanel]:
    """Those that can be ordered, those that cannot, or all."""
    statement = policy.lab_panels(principal)
    return statement if active is None else statement.where(col(LabPanel.active) == active)


def _ranges(principal: Principal) -> Select[ReferenceRange]:
    return policy.reference_ranges(principal).where(col(ReferenceRange.replaced_at).is_(None))


RANGES_OF_TEST = ListOfEach(_ranges, col(ReferenceRange.lab_test_id))
RULES_OF_TEST = ListOfEach(policy.reflex_rules, col(ReflexRule.lab_test_id))


async def tests_of_panels(context: Context, panel_ids: Sequence[UUID]) -> list[list[UUID]]:
    """The keys of the tests of panels that the caller sees, in their order."""
    statement = select(PanelTest).where(col(PanelTest.lab_panel_id).in_(panel_ids))
    rows = await context.fetch(statement.order_by(col(PanelTest.position)))
    members = grouped(rows, attrgetter("lab_panel_id"), panel_ids)
    return [[row.lab_test_id for row in found] for found in members]
