"""Every statement of reporting, each beginning with what `policy` lets the caller see: figures by group, in pages of groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Float,
    Select,
    Subquery,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    select,
)
from sqlalchemy.orm import Mapped
from sqlmodel import col

from reporting import policy
from reporting.commands import AppointmentReportFilter, ReportMonths, ReportPeriod
from reporting.models import (
    AccessRequestFact,
    AlertFact,
    AnalysisFact,
    AppointmentFact,
    CriticalFact,
    DispensingFact,
    EmergencyFact,
    FillingFact,
    LabReportFact,
    LookFact,
    NoteFact,
    PrescriptionFact,
    ProblemFact,
    QcFailureFact,
    RegistrationFact,
    RequestOutcome,
    SpecimenFact,
    Status,
    StockOutFact,
    Verdict,
    WasteFact,
)
from shared.auth.principal import Principal
from shared.database.driver import Fetch
from shared.database.paging import Order, Page, Slice, fetch_page
from shared.graph.context import Context

# Appointments of which it is known whether the patient came.
_KNOWN = (Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW)

# What stands for null in what is grouped by: a list cannot be ordered by null.
_NO_KEY, _NO_CODE = UUID(int=0), ""
_NONE = (_NO_KEY, _NO_CODE)

REVIEW_HOURS = 72
"""How long after a record was opened in an emergency the review is late."""
SIGNATURE_HOURS = 24
"""How long after a clinical note was begun its signature is late."""
SMALLEST_CELL = 11
"""How many a figure that might tell of a patient is of at least (CMS Cell Size Suppression Policy)."""
ACKNOWLEDGEMENT_MINUTES = 30
"""In what time a critical result is to be acknowledged."""

RECENT = timedelta(days=90)
FEWEST = 10
"""Appointments of which a figure on a place is made, so that it tells of none of them."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days, the last one included, as they are in a time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def of(cls, period: ReportPeriod) -> "Period":
        """The days that are asked for."""
        return cls(period.first, period.last, ZoneInfo(period.time_zone))

    @property
    def begin(self) -> datetime:
        """When the first day begins."""
        return datetime.combine(self.first, time.min, self.zone)

    @property
    def end(self) -> datetime:
        """When the last day is over."""
        return datetime.combine(self.last + timedelta(days=1), time.min, self.zone)

    def holds(self, column: ColumnElement[Any] | Mapped[Any]) -> ColumnElement[bool]:
        """Whether a point in time is in it."""
        return (column >= self.begin) & (column < self.end)

    def day(self, column: ColumnElement[Any] | Mapped[Any]) -> ColumnElement[date]:
        """The day of a point in time."""
        return func.timezone(self.zone.key, column).cast(Date)

    def days(self, column: ColumnElement[Any] | Mapped[Any]) -> dict[str, ColumnElement[date]]:
        """The day of a point in time, and the Monday before it."""
        return {
            "day": self.day(column),
            "week": func.date_trunc("week", func.timezone(self.zone.key, column)).cast(Date),
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """Groups with their figures: a subquery with a column for each of `keys`, by which it is ordered, and each figure."""

    groups: Subquery
    keys: tuple[str, ...]

    async def page(self, context: Context, wanted: Slice) -> Page[Any]:
        """Some groups, in one query; raises InvalidCursor."""

        async def fetch(statement: Any, derive: Any, **values: Any) -> Sequence[Any]:
            found: Sequence[Any] = await context.fetch(derive(statement), **values)  # `derive` is another for each
            return found

        order = Order(tuple(self.groups.c[key] for key in self.keys))
        return await fetch_page(cast("Fetch", fetch), select(self.groups), order, wanted)

    def named(self, group: Any) -> Mapping[str, Any]:
        """A group's keys and figures by name; it is the value where there is but one."""
        names = self.groups.c.keys()
        values = (None if value in _NONE else value for value in (group if len(names) > 1 else [group]))
        return dict(zip(names, values, strict=True))

    async def count(self, context: Context) -> int:
        """How many groups there are."""
        (count,) = await context.fetch(select(func.count()).select_from(self.groups))
        return count


def appointments(
    context: Context, asked: ReportPeriod, wanted: AppointmentReportFilter, group_by: Sequence[str]
) -> Figures:
    """Appointments that begin in a period: how many, how many of the known patients did not come, and lead times in s."""
    fact, period = AppointmentFact, Period.of(asked)
    keys = {
        "day": period.day(col(fact.starts_at)),
        "practitioner_id": func.coalesce(col(fact.practitioner_id), _NO_KEY),
        "location_id": func.coalesce(col(fact.location_id), _NO_KEY),
        "status": col(fact.status),
    }
    figures = {
        "count": func.count(),
        "no_shows": _number(col(fact.status) == Status.NO_SHOW),
        "known": _number(col(fact.status).in_(_KNOWN)),
        **_lead_times(),
    }
    statement = policy.appointments(context.principal).where(period.holds(col(fact.starts_at)), *_conditions(wanted))
    return _group(statement, keys, group_by, figures)


async def lead_times(context: Context, location_ids: Sequence[UUID]) -> list[Mapping[str, Any] | None]:
    """Lead times in s of what was booked recently at each location; None where that is too little."""
    rows: Sequence[Any] = await context.fetch(context.written(_lead_times_of_places), locations=location_ids)
    found = {row.location_id: row._asdict() for row in rows}
    return [found.get(identifier) for identifier in location_ids]


def _lead_times_of_places(principal: Principal) -> Select[Any]:
    fact, since = AppointmentFact, func.now() - RECENT
    wanted = col(fact.location_id) == any_(bindparam("locations", type_=ARRAY(Uuid)))
    return (
        policy.places(principal)
        .where(wanted, col(fact.starts_at) >= since, col(fact.booked_at) >= since)
        .with_only_columns(col(fact.location_id), *(figure.label(name) for name, figure in _lead_times().items()))
        .group_by(col(fact.location_id))
        .having(func.count() >= FEWEST)
    )


def _conditions(wanted: AppointmentReportFilter) -> list[ColumnElement[bool]]:
    fact = AppointmentFact
    conditions = [
        column == key
        for column, key in (
            (col(fact.practitioner_id), wanted.practitioner_id),
            (col(fact.location_id), wanted.location_id),
        )
        if key is not None
    ]
    return conditions if wanted.statuses is None else [*conditions, col(fact.status).in_(wanted.statuses)]


def registrations(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Patients who were registered in a period: how many."""
    fact, period = RegistrationFact, Period.of(asked)
    keys = {"day": period.day(col(fact.registered_at)), "way": col(fact.way)}
    statement = policy.registrations(context.principal).where(period.holds(col(fact.registered_at)))
    return _group(statement, keys, group_by, {"count": func.count()})


def access_requests(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Requests for access that were made in a period: how many, what became of them, and the median of decision in s."""
    fact, period = AccessRequestFact, Period.of(asked)
    keys = {
        "day": period.day(col(fact.requested_at)),
        "purpose": col(fact.purpose),
        "outcome": col(fact.outcome),
    }
    figures = {
        "count": func.count(),
        **{outcome.name.lower(): _number(col(fact.outcome) == outcome) for outcome in RequestOutcome},
        "grants_withdrawn": func.count(col(fact.grant_withdrawn_at)),
        "decision_median": _median(_seconds(col(fact.requested_at), col(fact.decided_at))),
    }
    statement = policy.access_requests(context.principal).where(period.holds(col(fact.requested_at)))
    return _group(statement, keys, group_by, figures)


def emergencies(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Records opened in emergencies in a period: how many, what reviews found, the median until they came in s."""
    fact, period = EmergencyFact, Period.of(asked)
    keys = {
        "day": period.day(col(fact.opened_at)),
        "practitioner_id": func.coalesce(col(fact.practitioner_id), _NO_KEY),
        "verdict": func.coalesce(col(fact.verdict), _NO_CODE),
    }
    overdue = col(fact.verdict).is_(None) & (col(fact.opened_at) < func.now() - timedelta(hours=REVIEW_HOURS))
    figures = {
        "count": func.count(),
        **{verdict.name.lower(): _number(col(fact.verdict) == verdict) for verdict in Verdict},
        "overdue": _number(overdue),
        "review_median": _median(_seconds(col(fact.opened_at), col(fact.reviewed_at))),
    }
    statement = policy.emergencies(context.principal).where(period.holds(col(fact.opened_at)))
    return _group(statement, keys, group_by, figures)


def notes(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Clinical notes that were begun in a period: how many, how many are signed or late, the median until signature in s."""
    fact, period = NoteFact, Period.of(asked)
    keys = {
        "day": period.day(col(fact.written_at)),
        "practitioner_id": func.coalesce(col(fact.practitioner_id), _NO_KEY),
    }
    overdue = col(fact.signed_at).is_(None) & (col(fact.written_at) < func.now() - timedelta(hours=SIGNATURE_HOURS))
    figures = {
        "count": func.count(),
        "signed": func.count(col(fact.signed_at)),
        "overdue": _number(overdue),
        "signature_median": _median(_seconds(col(fact.written_at), col(fact.signed_at))),
    }
    statement = policy.notes(context.principal).where(period.holds(col(fact.written_at)))
    return _group(statement, keys, group_by, figures)


def looks(context: Context, asked: ReportMonths) -> Figures:
    """Looks at data of patients without an appointment by month and role, and at how many records a day, summed up."""
    fact = LookFact
    keys = {"month": func.date_trunc("month", col(fact.day)).cast(Date), "role": col(fact.role)}
    figures = {"looks": func.sum(col(fact.looks)), "records": func.sum(col(fact.records))}
    # The last day of a month is the one before the first of the next, which is within 31 days of any first day.
    after = (asked.last.replace(day=1) + timedelta(days=31)).replace(day=1)
    months = (col(fact.day) >= asked.first.replace(day=1)) & (col(fact.day) < after)
    return _group(policy.looks(context.principal).where(months), keys, tuple(keys), figures)


def problems(context: Context, asked: ReportMonths) -> Figures:
    """Patients by problem and month. Cells are always the same ones, and nothing sums them up: no difference of two figures
    tells of a few patients. The number of patients of a small cell is null.
    """
    fact = ProblemFact
    keys = {"system": col(fact.system), "code": col(fact.code), "month": col(fact.month)}
    patients: ColumnElement[int] = func.count(func.distinct(col(fact.patient)))
    figures = {"count": _unless_few(patients, patients)}
    months = col(fact.month).between(asked.first.replace(day=1), asked.last)
    return _group(policy.problems(context.principal).where(months), keys, tuple(keys), figures)


def stock_outs(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Times without stock that a period has a part of: how many, and for how many s of it and of the time so far."""
    fact, period = StockOutFact, Period.of(asked)
    keys = {"medication_id": col(fact.medication_id), "location_id": col(fact.location_id)}
    end = func.least(func.coalesce(col(fact.ended_at), func.now()), period.end)
    lasted = func.extract("epoch", end - func.greatest(col(fact.began_at), period.begin))
    figures: dict[str, ColumnElement[Any]] = {"count": func.count(), "duration": func.sum(lasted)}
    open_until = func.coalesce(col(fact.ended_at), func.now())
    statement = policy.stock_outs(context.principal).where(col(fact.began_at) < period.end, open_until > period.begin)
    return _group(statement, keys, group_by, figures)


def waste(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """What was thrown away in a period, always by medication, since each has a unit of its own: how often and how much."""
    fact, period = WasteFact, Period.of(asked)
    keys = {
        "medication_id": col(fact.medication_id),
        "day": period.day(col(fact.wasted_at)),
        "location_id": col(fact.location_id),
        "reason": col(fact.reason),
    }
    figures: dict[str, ColumnElement[Any]] = {"count": func.count(), "quantity": func.sum(col(fact.quantity))}
    statement = policy.waste(context.principal).where(period.holds(col(fact.wasted_at)))
    return _group(statement, keys, ("medication_id", *group_by), figures)


def lab_turnaround(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Analyses released in a period: how many, how many in time, and how many s they took in all and from stage to stage."""
    fact, period = AnalysisFact, Period.of(asked)
    keys = {
        **period.days(col(fact.released_at)),
        "laboratory_id": col(fact.laboratory_id),
        "priority": col(fact.priority),
    }
    stages = dict(zip(STAGES, pairwise(_MOMENTS), strict=True))
    figures = {**_turnaround(), **{k: v for name, ends in stages.items() for k, v in _spread(name, *ends).items()}}
    return _group(
        policy.analyses(context.principal).where(period.holds(col(fact.released_at))), keys, group_by, figures
    )


def lab_tests(context: Context, asked: ReportMonths) -> Figures:
    """Analyses by month, laboratory, test and priority, as `lab_turnaround`. Small cells are left out, test and all: what is
    missing in a laboratory's sum is then of a test that is not told.
    """
    fact = AnalysisFact
    keys = {
        "month": _month(col(fact.released_at)),
        "laboratory_id": col(fact.laboratory_id),
        "lab_test_id": col(fact.lab_test_id),
        "priority": col(fact.priority),
    }
    figures = {**_turnaround(), "target": func.max(col(fact.target_minutes))}
    statement = policy.analyses(context.principal).where(_in_months(asked, col(fact.released_at)))
    return _group(statement.having(func.count() >= SMALLEST_CELL), keys, tuple(keys), figures)


def critical_results(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Critical results told in a period: how many, in how many s acknowledged, and how many of those due in time."""
    fact, period = CriticalFact, Period.of(asked)
    keys = {**period.days(col(fact.raised_at)), "laboratory_id": col(fact.laboratory_id)}
    limit = col(fact.raised_at) + timedelta(minutes=ACKNOWLEDGEMENT_MINUTES)
    figures = {
        "count": func.count(),
        "acknowledged": func.count(col(fact.acknowledged_at)),
        "in_time": _number(col(fact.acknowledged_at) <= limit),
        "due": _number(col(fact.acknowledged_at).is_not(None) | (limit < func.now())),
        "escalated": func.count(col(fact.escalated_at)),
        "acknowledgement_median": _median(_seconds(col(fact.raised_at), col(fact.acknowledged_at))),
    }
    statement = policy.critical_results(context.principal).where(period.holds(col(fact.raised_at)))
    return _group(statement, keys, group_by, figures)


def specimens(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Specimens of a period: how many, how many were rejected, and of how many, which are those of all reasons.

    Of few specimens of a collector it is not told how many were rejected: chance has a larger part in that than the collector.
    """
    fact, period = SpecimenFact, Period.of(asked)
    at = func.coalesce(col(fact.collected_at), col(fact.rejected_at))
    keys = {
        **period.days(at),
        "laboratory_id": col(fact.laboratory_id),
        "collector_id": func.coalesce(col(fact.collector_id), _NO_KEY),
        "reason": func.coalesce(col(fact.reason), _NO_CODE),
    }
    of: ColumnElement[Any] = func.sum(func.count()).over(
        partition_by=[keys[name] for name in dict.fromkeys(map(str, group_by)) if name != "reason"]
    )
    rejected: ColumnElement[Any] = func.count(col(fact.rejected_at))
    figures = {"count": func.count(), "of": of, "rejected": rejected}
    if "collector_id" in group_by:
        figures["rejected"] = case((of >= SMALLEST_CELL, rejected))
    return _group(policy.specimens(context.principal).where(period.holds(at)), keys, group_by, figures)


def lab_corrections(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Reports of laboratories that were first released in a period: how many, and how many were corrected since."""
    fact, period = LabReportFact, Period.of(asked)
    keys = {**period.days(col(fact.released_at)), "laboratory_id": col(fact.laboratory_id)}
    figures: dict[str, ColumnElement[Any]] = {"count": func.count(), "corrected": func.count(col(fact.corrected_at))}
    statement = policy.lab_reports(context.principal).where(period.holds(col(fact.released_at)))
    return _group(statement, keys, group_by, figures)


def qc_failures(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Runs of control material that failed in a period: how many."""
    fact, period = QcFailureFact, Period.of(asked)
    keys = {
        **period.days(col(fact.failed_at)),
        "laboratory_id": col(fact.laboratory_id),
        "analyzer_id": col(fact.analyzer_id),
        "lab_test_id": col(fact.lab_test_id),
        "rule": func.unnest(col(fact.rules), type_=Text),
    }
    statement = policy.qc_failures(context.principal).where(period.holds(col(fact.failed_at)))
    return _group(statement, keys, group_by, {"count": func.count()})


def prescriptions(context: Context, asked: ReportMonths) -> Figures:
    """Prescriptions by medication and month, always the same cells, of which nothing is the sum. Small ones are null."""
    fact = PrescriptionFact
    keys = {"medication_id": col(fact.medication_id), "month": col(fact.month)}
    months = col(fact.month).between(asked.first.replace(day=1), asked.last)
    figures = {"count": _unless_few(func.count(), func.count())}
    return _group(policy.prescriptions(context.principal).where(months), keys, tuple(keys), figures)


def dispensings(context: Context, asked: ReportMonths) -> Figures:
    """How often and how much was handed over, by medication and month, as `prescriptions`."""
    fact = DispensingFact
    keys = {"medication_id": col(fact.medication_id), "month": _month(col(fact.dispensed_at))}
    number: ColumnElement[int] = func.count(func.distinct(col(fact.dispense_id)))
    figures = {"count": _unless_few(number, number), "quantity": _unless_few(number, func.sum(col(fact.quantity)))}
    statement = policy.dispensings(context.principal).where(_in_months(asked, col(fact.dispensed_at)))
    return _group(statement, keys, tuple(keys), figures)


def fillings(context: Context, asked: ReportPeriod, group_by: Sequence[str]) -> Figures:
    """Prescriptions first filled in a period: how many, and how many s after the signature."""
    fact, period = FillingFact, Period.of(asked)
    keys = {**period.days(col(fact.ready_at)), "location_id": col(fact.location_id)}
    taken = _seconds(col(fact.signed_at), col(fact.ready_at))
    figures = {"count": func.count(), "filling_median": _median(taken), "filling_p90": _p90(taken)}
    statement = policy.fillings(context.principal).where(period.holds(col(fact.ready_at)))
    return _group(statement, keys, group_by, figures)


def alerts(context: Context, asked: ReportMonths) -> Figures:
    """Findings of safety checks by rule and month, as `prescriptions`, and how many were overridden."""
    fact = AlertFact
    keys = {"rule": col(fact.rule), "month": _month(col(fact.raised_at))}
    overridden: ColumnElement[int] = func.count(col(fact.overridden_at))
    figures = {
        "count": _unless_few(func.count(), func.count()),
        "overridden": _unless_few(func.count(), overridden),
    }
    statement = policy.alerts(context.principal).where(_in_months(asked, col(fact.raised_at)))
    return _group(statement, keys, tuple(keys), figures)


def _unless_few(number: ColumnElement[int], figure: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((number >= SMALLEST_CELL, figure))


STAGES = ("collection", "transport", "examination", "verification", "release")
_MOMENTS = ("ordered_at", "collected_at", "received_at", "resulted_at", "verified_at", "released_at")


def _turnaround() -> dict[str, ColumnElement[Any]]:
    fact = AnalysisFact
    taken = _seconds(col(fact.ordered_at), col(fact.released_at))
    in_time = _number(taken <= col(fact.target_minutes) * 60)
    return {"count": func.count(), "in_time": in_time, **_spread("total", _MOMENTS[0], _MOMENTS[-1])}


def _spread(name: str, earlier: str, later: str) -> dict[str, ColumnElement[Any]]:
    taken = _seconds(getattr(AnalysisFact, earlier), getattr(AnalysisFact, later))
    return {f"{name}_median": _median(taken), f"{name}_p90": _p90(taken)}


def _month(column: Mapped[Any]) -> ColumnElement[date]:
    return func.date_trunc("month", func.timezone("UTC", column)).cast(Date)


def _in_months(asked: ReportMonths, column: Mapped[Any]) -> ColumnElement[bool]:
    return _month(column).between(asked.first.replace(day=1), asked.last)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _seconds(earlier: Mapped[Any], later: Mapped[Any]) -> ColumnElement[Any]:
    return func.extract("epoch", later - earlier)


def _median(figure: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.percentile_cont(0.5).within_group(figure)


def _p90(figure: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.percentile_cont(0.9).within_group(figure)


def _lead_times() -> Mapping[str, ColumnElement[Any]]:
    lead = _seconds(col(AppointmentFact.booked_at), col(AppointmentFact.starts_at))
    return {
        "lead_average": func.avg(lead, type_=Float),
        "lead_median": _median(lead),
        "lead_p90": _p90(lead),
    }


def _group(
    statement: Select[Any],
    keys: Mapping[str, Any],
    group_by: Sequence[str],
    figures: Mapping[str, ColumnElement[Any]],
) -> Figures:
    by = tuple(dict.fromkeys(map(str, group_by)))
    columns = [keys[name].label(name) for name in by]
    measures = [figure.label(name) for name, figure in figures.items()]
    groups = statement.with_only_columns(*columns, *measures).group_by(*columns).subquery()
    return Figures(groups, by)
