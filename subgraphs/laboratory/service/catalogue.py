"""Keeping the catalogue."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import assign, utc_now
from shared.errors import NOT_FOUND, InvalidState, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import ValueType
from subgraphs.laboratory.commands.catalogue import SaveLabPanel, SaveLabTest, SaveReferenceRange, SaveReflexRule
from subgraphs.laboratory.errors import LOINC_TAKEN, NOT_NUMERIC, RANGE_OF_TEST, RANGE_OVERLAPS, RANGE_REPLACED
from subgraphs.laboratory.events import LabTestChanged
from subgraphs.laboratory.models import LabPanel, LabTest, PanelTest, ReferenceRange, ReflexRule
from subgraphs.laboratory.models.catalogue import LIMITS, LOINC_KEY, RANGE_OVERLAP

_DELTAS = ("absolute", "percent", "per_day")


async def save_lab_test(context: Context, command: SaveLabTest) -> LabTest:
    """Enter one test, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        values = _columns(command)
        if command.id is None:
            row = LabTest(**values)
            work.session.add(row)
        else:
            row = await work.find(policy.lab_tests, command.id, scope=policy.WRITE, version=command.version)
            assign(row, values)
        await flush(work, LOINC_KEY, LOINC_TAKEN)
        work.publish(LabTestChanged(lab_test_id=row.id, active=row.active))
        work.done(row.id)
    return row


def _columns(command: SaveLabTest) -> dict[str, Any]:
    """A test's columns; numbers as they are written."""
    special = {"id", "version", "idempotency_key", "volume", "turnaround", "delay", "delta"}
    values = command.model_dump(exclude=special)
    delta = command.delta
    return values | {
        "volume_ml": _decimal(command.volume),
        "detection_limit": _decimal(command.detection_limit),
        "quantification_limit": _decimal(command.quantification_limit),
        "turnaround_minutes": command.turnaround,
        "delay_days": command.delay,
        "delta_days": delta and delta.days,
        **{f"delta_{name}": _decimal(getattr(delta, name, None)) for name in _DELTAS},
    }


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


async def save_lab_panel(context: Context, command: SaveLabPanel) -> LabPanel:
    """Enter one panel, or change one as a whole."""
    async with context.write() as work:
        await work.once(command)
        await known_tests(work, "testIds", command.test_ids)
        if command.id is None:
            row = LabPanel(name=command.name)
            work.session.add(row)
        else:
            row = await work.find(policy.lab_panels, command.id, scope=policy.WRITE, version=command.version)
            row.touch()
        assign(row, command.model_dump(include={"name", "loinc", "active"}))
        await work.session.flush()
        await work.session.execute(delete(PanelTest).where(col(PanelTest.lab_panel_id) == row.id))
        tests = enumerate(command.test_ids)
        work.session.add_all(PanelTest(lab_panel_id=row.id, lab_test_id=key, position=place) for place, key in tests)
        work.done(row.id)
    return row


async def save_reference_range(context: Context, command: SaveReferenceRange) -> ReferenceRange:
    """Enter one range, or another one in the place of one, which stays known as what results were compared with."""
    async with context.write() as work:
        await work.once(command)
        (test,) = await known_tests(work, "labTestId", [command.lab_test_id])
        if test.value_type != ValueType.NUMERIC:
            raise invalid("labTestId", NOT_NUMERIC)
        values: dict[str, Any] = {name: _decimal(getattr(command, name)) for name in LIMITS}
        row = ReferenceRange(**command.model_dump(exclude={"id", "version", "idempotency_key", *LIMITS}), **values)
        if command.id is not None:
            old = await work.find(policy.reference_ranges, command.id, scope=policy.WRITE, version=command.version)
            if old.replaced_at is not None:
                raise InvalidState(RANGE_REPLACED)
            if old.lab_test_id != row.lab_test_id:
                raise invalid("labTestId", RANGE_OF_TEST)
            old.replaced_at, row.revision, row.replaces_id = utc_now(), old.revision + 1, old.id
            await work.session.flush()
        work.session.add(row)
        await flush(work, RANGE_OVERLAP, RANGE_OVERLAPS)
        work.done(row.id)
    return row


async def save_reflex_rule(context: Context, command: SaveReflexRule) -> ReflexRule:
    """Enter one rule, or change one as a whole."""
    async with context.write() as work:
        await work.once(command)
        test, _ = await known_tests(work, "labTestId", [command.lab_test_id, command.added_test_id])
        if command.comparator is not None and test.value_type != ValueType.NUMERIC:
            raise invalid("comparator", NOT_NUMERIC)
        values = command.model_dump(exclude={"id", "version", "idempotency_key"})
        values |= {"flags": command.flags or None, "threshold": _decimal(command.threshold)}
        if command.id is None:
            row = ReflexRule(**values)
            work.session.add(row)
        else:
            row = await work.find(policy.reflex_rules, command.id, scope=policy.WRITE, version=command.version)
            assign(row, values)
        work.done(row.id)
    return row


async def known_tests(work: UnitOfWork, path: str, keys: Sequence[UUID]) -> list[LabTest]:
    """The tests with these keys, in order; raises InvalidInput."""
    found = {row.id: row for row in await work.session.scalars(select(LabTest).where(col(LabTest.id).in_(keys)))}
    if len(found) < len(set(keys)):
        raise invalid(path, NOT_FOUND, resource="LabTest")
    return [found[key] for key in keys]


async def flush(work: UnitOfWork, constraint: str, problem: Any) -> None:
    """Write; what a constraint refuses is told by its problem."""
    try:
        await work.session.flush()
    except IntegrityError as error:
        if getattr(error.orig and error.orig.__cause__, "constraint_name", None) != constraint:
            raise
        raise InvalidState(problem) from None
