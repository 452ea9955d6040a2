"""From what was found to a result: read as its test wants it, and judged."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlmodel import col

from shared.encryption.session import open_rows
from shared.errors import invalid
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.codes import Flag, ValueType
from subgraphs.laboratory.commands.results import Observed
from subgraphs.laboratory.errors import RESULT_CODE, RESULT_IMPLAUSIBLE, RESULT_KIND, RESULT_NUMBER, RESULT_UNIT
from subgraphs.laboratory.facts import ChosenCode, Difference, Interval, ResultFacts
from subgraphs.laboratory.judging import Chosen, Measured, Value, change, flag, is_plausible, range_for, read_number
from subgraphs.laboratory.models import Analysis, LabOrder, LabResult, LabTest, Location, ReferenceRange
from subgraphs.laboratory.models.catalogue import LIMITS

_GIVEN = {ValueType.NUMERIC: "value", ValueType.CODED: "codes", ValueType.TEXT: "text"}


def value_of(facts: ResultFacts) -> Value:
    """What a result says, as it is judged."""
    if facts.value is not None:
        return Measured(facts.value, facts.comparator)
    return Chosen([each.abnormal for each in facts.codes]) if facts.codes else facts.text or ""


async def observe(
    work: UnitOfWork, order: LabOrder, row: Analysis, test: LabTest, observed: Observed, correction: str | None = None
) -> ResultFacts:
    """What was found in an analysis, read and judged; raises InvalidInput."""
    facts = _read(test, observed)
    interval = await _interval(work, order, row) if facts.value is not None else None
    value = value_of(facts)
    if not is_plausible(value, interval):
        low, high = (getattr(interval, f"plausible_{end}") for end in ("low", "high"))
        raise invalid(
            "value", RESULT_IMPLAUSIBLE, low=low if low is not None else "-", high=high if high is not None else "-"
        )
    return msgspec.structs.replace(
        facts,
        flag=flag(value, interval),
        interval=interval,
        delta=await _difference(work, row, test, facts),
        comment=observed.comment,
        correction=correction,
    )


def _read(test: LabTest, observed: Observed) -> ResultFacts:
    kind = ValueType(test.value_type)
    for name in _GIVEN.values():
        if getattr(observed, name) and name != _GIVEN[kind]:
            raise invalid(name, RESULT_KIND, kind=kind)
    method = observed.method or test.method
    if kind is ValueType.TEXT:
        return ResultFacts(text=observed.text, method=method)
    if kind is ValueType.CODED:
        return ResultFacts(codes=tuple(_codes(test, observed.codes)), method=method)
    number = read_number(observed.value or "")
    if number is None:
        raise invalid("value", RESULT_NUMBER)
    if observed.unit not in (None, test.unit):
        raise invalid("unit", RESULT_UNIT, unit=test.unit)
    return ResultFacts(
        entered=observed.value,
        value=number,
        comparator=observed.comparator,
        unit=test.unit,
        decimals=test.decimals,
        method=method,
    )


def _codes(test: LabTest, given: Iterable[str]) -> Iterable[ChosenCode]:
    allowed = {each["code"]: each for each in test.codes}
    for code in dict.fromkeys(given):
        if code not in allowed:
            raise invalid("codes", RESULT_CODE, codes=", ".join(allowed))
        yield ChosenCode(**allowed[code])


async def _interval(work: UnitOfWork, order: LabOrder, row: Analysis) -> Interval | None:
    """The range for the patient on the day of the collection, by the calendar of the laboratory."""
    ranges = select(ReferenceRange).where(
        col(ReferenceRange.lab_test_id) == row.lab_test_id, col(ReferenceRange.replaced_at).is_(None)
    )
    found = (await work.session.scalars(ranges)).all()
    place, whose = await work.session.get_one(Location, row.laboratory_id), order.facts.value
    day = collected(row).astimezone(ZoneInfo(place.time_zone)).date()
    chosen = range_for(found, whose.born, whose.sex, whose.pregnant, day)
    if chosen is None:
        return None
    limits: dict[str, Any] = {name: getattr(chosen, name) for name in LIMITS}
    return Interval(id=chosen.id, source=chosen.source, **limits)


def collected(row: Analysis) -> datetime:
    """When the specimen of an analysis was collected, of which there is a result."""
    if row.collected_at is None:
        raise TypeError("an analysis without a specimen has no result")
    return row.collected_at


async def _difference(work: UnitOfWork, row: Analysis, test: LabTest, facts: ResultFacts) -> Difference | None:
    """How a number differs from the last verified one, by the delta rule; None where there is no such or no rule."""
    if test.delta_days is None or facts.value is None or facts.comparator is not None:
        return None
    at = collected(row)
    shown = select(LabResult).join(Analysis, col(Analysis.id) == col(LabResult.analysis_id))
    earlier = shown.where(
        col(LabResult.patient_id) == row.patient_id,
        col(LabResult.lab_test_id) == row.lab_test_id,
        col(LabResult.analysis_id) != row.id,
        col(LabResult.number) == col(Analysis.shown_number),
        col(LabResult.collected_at) <= at,
        col(LabResult.collected_at) >= at - timedelta(days=test.delta_days),
    ).order_by(col(LabResult.collected_at).desc(), col(LabResult.id).desc())
    rows = (await work.session.scalars(earlier.limit(10))).all()
    await open_rows(work.keyring, rows)
    for last in rows:
        said = last.facts.value
        if said.value is None or said.comparator is not None or said.method != facts.method:
            continue
        found = change(
            facts.value,
            at,
            said.value,
            last.collected_at,
            absolute=test.delta_absolute,
            percent=test.delta_percent,
            per_day=test.delta_per_day,
        )
        return Difference(
            previous=said.value, previous_at=last.collected_at, difference=found.difference, exceeded=found.exceeded
        )
    return None


def verifies_itself(test: LabTest, facts: ResultFacts) -> bool:
    """Whether nobody needs to look at a result: it is normal, and not unlike the last one."""
    return test.auto_verify and facts.flag is Flag.NORMAL and not (facts.delta is not None and facts.delta.exceeded)
