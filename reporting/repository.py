"""Every statement of reporting, each beginning with what `policy` lets the caller see: figures by group, in pages of groups."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Float,
    Select,
    Subquery,
    Uuid,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapped
from sqlmodel import col

from reporting import policy
from reporting.commands import AppointmentReportFilter, ReportPeriod
from reporting.models import AppointmentFact, RegistrationFact, Status
from shared.auth.principal import Principal
from shared.database.paging import InvalidCursor
from shared.graph.context import Context

# Appointments of which it is known whether the patient came.
_KNOWN = (Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW)

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

    def holds(self, column: Mapped[Any]) -> ColumnElement[bool]:
        """Whether a point in time is in it."""
        begin = datetime.combine(self.first, time.min, self.zone)
        end = datetime.combine(self.last + timedelta(days=1), time.min, self.zone)
        return (column >= begin) & (column < end)

    def day(self, column: Mapped[Any]) -> ColumnElement[date]:
        """The day of a point in time."""
        return cast(func.timezone(self.zone.key, column), Date)


@dataclass(frozen=True, slots=True)
class Figures:
    """Groups with their figures: a subquery with a column for each of `keys`, by which it is ordered, and each figure."""

    groups: Subquery
    keys: tuple[str, ...]

    async def page(self, context: Context, first: int, after: str | None) -> tuple[Sequence[Mapping[str, Any]], bool]:
        """Some groups after a cursor, and whether there are more; raises InvalidCursor."""
        columns = [self.groups.c[key] for key in self.keys]
        statement = select(self.groups)
        if after is not None:
            values = self._decode(after)
            bounds = [literal(value, column.type) for value, column in zip(values, columns, strict=True)]
            statement = statement.where(tuple_(*columns) > tuple_(*bounds) if columns else false())
        found: Sequence[Any] = await context.fetch(statement.order_by(*columns).limit(first + 1))
        names = self.groups.c.keys()
        rows = [dict(zip(names, values if len(names) > 1 else [values], strict=True)) for values in found]
        return rows[:first], len(rows) > first

    async def count(self, context: Context) -> int:
        """How many groups there are."""
        (count,) = await context.fetch(select(func.count()).select_from(self.groups))
        return count

    def cursor(self, row: Mapping[str, Any]) -> str:
        """A group's place."""
        place = {key: row[key] for key in self.keys}
        return base64.urlsafe_b64encode(orjson.dumps(place, default=str)).decode()

    def _decode(self, cursor: str) -> list[Any]:
        try:
            place = orjson.loads(base64.urlsafe_b64decode(cursor))
            if tuple(place) != self.keys:
                raise InvalidCursor("`after` is a cursor of another grouping")
            kinds = [self.groups.c[key].type.python_type for key in self.keys]
            read = [date.fromisoformat if kind is date else kind for kind in kinds]
            return [parse(value) for parse, value in zip(read, place.values(), strict=True)]
        except (ValueError, TypeError, binascii.Error):
            raise InvalidCursor("`after` is not a cursor of this list") from None


def appointments(
    context: Context, asked: ReportPeriod, wanted: AppointmentReportFilter, group_by: Sequence[str]
) -> Figures:
    """Appointments that begin in a period: how many, how many of the known patients did not come, and lead times in s."""
    fact, period = AppointmentFact, Period.of(asked)
    keys = {
        "day": period.day(col(fact.starts_at)),
        "practitioner_id": col(fact.practitioner_id),
        "location_id": col(fact.location_id),
        "status": col(fact.status),
    }
    missed = func.count().filter(col(fact.status) == Status.NO_SHOW)
    known = func.count().filter(col(fact.status).in_(_KNOWN))
    figures = {
        "count": func.count(),
        "no_shows": missed,
        "known": known,
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


def _lead_times() -> Mapping[str, ColumnElement[Any]]:
    lead = func.extract("epoch", col(AppointmentFact.starts_at) - col(AppointmentFact.booked_at))
    return {
        "lead_average": func.avg(lead, type_=Float),
        "lead_median": func.percentile_cont(0.5).within_group(lead),
        "lead_p90": func.percentile_cont(0.9).within_group(lead),
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
