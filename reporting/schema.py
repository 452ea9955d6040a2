"""Reporting's part of the graph."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import strawberry
from sqlalchemy import ColumnElement, false
from sqlmodel import col

from reporting import repository
from reporting.models import AppointmentFact
from reporting.policy import READ
from reporting.repository import Figures, Period
from reporting.types import (
    AppointmentFigures,
    AppointmentGrouping,
    AppointmentReportFilter,
    RegistrationFigures,
    RegistrationGrouping,
    ReportPeriod,
)
from shared.database.paging import DEFAULT_FIRST, InvalidCursor
from shared.graph.connections import After, Connection, Edge, First, PageInfo, check_first
from shared.graph.context import Context, Info
from shared.graph.errors import bad_input
from shared.graph.fields import query
from shared.graph.schema import Schema
from shared.ids import parse_id

_LONGEST = timedelta(days=5 * 366)
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)

Node = TypeVar("Node")
Days = Annotated[ReportPeriod, strawberry.argument(description="The days of the report.")]


@strawberry.type
class Query:
    @query(description="Figures on appointments that begin in a period, by group.", scopes=[[READ]])
    async def appointment_report(
        self,
        info: Info,
        period: Days,
        group_by: Annotated[
            list[AppointmentGrouping], strawberry.argument(description="What to count by; one group of all if empty.")
        ],
        filter: Annotated[
            AppointmentReportFilter | None, strawberry.argument(description="Which appointments; all if absent.")
        ] = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[AppointmentFigures] | None:
        conditions = _conditions(filter or AppointmentReportFilter())
        keys = list(dict.fromkeys(grouping.value for grouping in group_by))
        figures = repository.appointments(info.context, _period(period), conditions, keys)
        return await _connect(info.context, figures, AppointmentFigures.of, first, after)

    @query(description="Figures on the registration of patients in a period, by group.", scopes=[[READ]])
    async def registration_report(
        self,
        info: Info,
        period: Days,
        group_by: Annotated[
            list[RegistrationGrouping], strawberry.argument(description="What to count by; one group of all if empty.")
        ],
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[RegistrationFigures] | None:
        keys = list(dict.fromkeys(grouping.value for grouping in group_by))
        figures = repository.registrations(info.context, _period(period), keys)
        return await _connect(info.context, figures, RegistrationFigures.of, first, after)


def _period(period: ReportPeriod) -> Period:
    if period.time_zone not in available_timezones():
        raise bad_input("`timeZone` is a name of the IANA time zone database, like Europe/Berlin")
    if not _EARLIEST <= period.first <= period.last <= _LATEST:
        raise bad_input(f"`first` is not after `last`, and both are from {_EARLIEST} to {_LATEST}")
    if period.last - period.first > _LONGEST:
        raise bad_input("a report is of at most five years: ask for each part by itself")
    return Period(period.first, period.last, ZoneInfo(period.time_zone))


def _conditions(wanted: AppointmentReportFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, key in (
        (col(AppointmentFact.practitioner_id), wanted.practitioner_id),
        (col(AppointmentFact.location_id), wanted.location_id),
    ):
        if key is not None:
            identifier = parse_id(key)
            conditions.append(column == identifier if identifier else false())
    if wanted.statuses is not None:
        conditions.append(col(AppointmentFact.status).in_([status.value for status in wanted.statuses]))
    return conditions


async def _connect(
    context: Context, figures: Figures, convert: Callable[[Mapping[str, Any]], Node], first: int, after: str | None
) -> Connection[Node]:
    try:
        rows, more = await figures.page(context, check_first(first), after)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    edges = [Edge(node=convert(dict(row._mapping)), cursor=figures.cursor(row)) for row in rows]
    info = PageInfo(
        has_next_page=more,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info, count=partial(figures.count, context))


schema = Schema(query=Query)
