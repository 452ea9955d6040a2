"""Reporting's part of the graph."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, TypeVar

import strawberry

from reporting import repository
from reporting.commands import AppointmentGrouping, AppointmentReportFilter, RegistrationGrouping, ReportPeriod
from reporting.policy import READ
from reporting.repository import Figures
from reporting.types import AppointmentFigures, RegistrationFigures
from shared.database.paging import DEFAULT_FIRST, InvalidCursor
from shared.graph.connections import After, Connection, Edge, First, PageInfo, check_first
from shared.graph.context import Context, Info
from shared.graph.errors import bad_input
from shared.graph.fields import query
from shared.graph.inputs import argument, given
from shared.graph.schema import Schema

Node = TypeVar("Node")
Days = Annotated[ReportPeriod, argument(ReportPeriod, description="The days of the report.")]


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
            AppointmentReportFilter | None,
            argument(AppointmentReportFilter, required=False, description="Which appointments; all if absent."),
        ] = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[AppointmentFigures] | None:
        wanted = AppointmentReportFilter() if filter is None else given(AppointmentReportFilter, filter)
        figures = repository.appointments(info.context, given(ReportPeriod, period), wanted, group_by)
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
        figures = repository.registrations(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, RegistrationFigures.of, first, after)


async def _connect(
    context: Context, figures: Figures, convert: Callable[[Mapping[str, Any]], Node], first: int, after: str | None
) -> Connection[Node]:
    try:
        rows, more = await figures.page(context, check_first(first), after)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    edges = [Edge(node=convert(row), cursor=figures.cursor(row)) for row in rows]
    info = PageInfo(
        has_next_page=more,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info, count=partial(figures.count, context))


schema = Schema(query=Query)
