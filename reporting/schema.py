"""Reporting's part of the graph."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

import strawberry

from reporting import repository
from reporting.commands import (
    AccessRequestGrouping,
    AppointmentGrouping,
    AppointmentReportFilter,
    EmergencyAccessGrouping,
    FillingGrouping,
    LaboratoryGrouping,
    LabTurnaroundGrouping,
    NoteGrouping,
    QcFailureGrouping,
    RegistrationGrouping,
    ReportMonths,
    ReportPeriod,
    SpecimenGrouping,
    StockOutGrouping,
    WasteGrouping,
)
from reporting.policy import READ
from reporting.repository import Figures
from reporting.types.laboratory import (
    CriticalResultFigures,
    LabCorrectionFigures,
    LabTestFigures,
    LabTurnaroundFigures,
    QcFailureFigures,
    SpecimenFigures,
)
from reporting.types.pharmacy import DispensingFigures, FillingFigures, PrescriptionFigures, SafetyAlertFigures
from reporting.types.practice import (
    AccessRequestFigures,
    AppointmentFigures,
    EmergencyAccessFigures,
    LookFigures,
    NoteFigures,
    ProblemFigures,
    RegistrationFigures,
    StockOutFigures,
    WasteFigures,
)
from shared.database.paging import InvalidCursor, Slice
from shared.graph.connections import Connection, Paged
from shared.graph.context import Context, Info
from shared.graph.errors import bad_input
from shared.graph.fields import query
from shared.graph.inputs import argument, given
from shared.graph.schema import Schema

Node = TypeVar("Node")
Days = Annotated[ReportPeriod, argument(ReportPeriod, description="The days that the report is about.")]
Months = Annotated[ReportMonths, argument(ReportMonths, description="The months that the report is about.")]


def _of_days(
    kind: Any,
    find: Callable[[Context, ReportPeriod, Sequence[str]], Figures],
    grouping: Any,
    *,
    description: str,
    groups: str,
) -> Any:
    """A field of Query: figures of a period, by the groups that are asked for."""
    told = strawberry.argument(description=groups)

    async def resolve(
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[list[grouping], told],
    ) -> Any:
        return await _connect(info.context, find(info.context, given(ReportPeriod, period), group_by), kind.of, page)

    return _report(kind, resolve, description)


def _of_months(kind: Any, find: Callable[[Context, ReportMonths], Figures], *, description: str) -> Any:
    """A field of Query: figures of some months."""

    async def resolve(info: Info, page: Slice, months: Months) -> Any:
        return await _connect(info.context, find(info.context, given(ReportMonths, months)), kind.of, page)

    return _report(kind, resolve, description)


def _report(kind: Any, resolver: Callable[..., Any], description: str) -> Any:
    figures: Any = Connection[kind] | None
    return query(
        description=description, scopes=[[READ]], extensions=[Paged()], resolver=resolver, graphql_type=figures
    )


async def _connect(
    context: Context, figures: Figures, convert: Callable[[Mapping[str, Any]], Node], page: Slice
) -> Connection[Node]:
    try:
        found = await figures.page(context, page)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    return Connection(
        page=found, convert=lambda group: convert(figures.named(group)), count=partial(figures.count, context)
    )


@strawberry.type
class Query:
    @query(
        description="A report on the appointments that begin in a period, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def appointment_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[AppointmentGrouping],
            strawberry.argument(description="What to group the appointments by; if empty, all are one group."),
        ],
        filter: Annotated[
            AppointmentReportFilter | None,
            argument(
                AppointmentReportFilter,
                required=False,
                description="Which appointments the report counts; absent: all.",
            ),
        ] = None,
    ) -> Connection[AppointmentFigures] | None:
        wanted = AppointmentReportFilter() if filter is None else given(AppointmentReportFilter, filter)
        figures = repository.appointments(info.context, given(ReportPeriod, period), wanted, group_by)
        return await _connect(info.context, figures, AppointmentFigures.of, page)

    registration_report = _of_days(
        RegistrationFigures,
        repository.registrations,
        RegistrationGrouping,
        description="A report on the registration of patients in a period, figures by group.",
        groups="What to group the registrations by; if empty, all are one group.",
    )

    record_access_report = _of_days(
        AccessRequestFigures,
        repository.access_requests,
        AccessRequestGrouping,
        description="A report on the requests for access to medical records of a period, figures by group.",
        groups="What to group the requests by; if empty, all are one group.",
    )

    emergency_access_report = _of_days(
        EmergencyAccessFigures,
        repository.emergencies,
        EmergencyAccessGrouping,
        description="A report on the medical records opened in emergencies in a period, figures by group.",
        groups="What to group the accesses by; if empty, all are one group.",
    )

    note_report = _of_days(
        NoteFigures,
        repository.notes,
        NoteGrouping,
        description="A report on the clinical notes that were begun in a period, figures by group.",
        groups="What to group the notes by; if empty, all are one group.",
    )

    look_report = _of_months(
        LookFigures,
        repository.looks,
        description="A report on looks at data of patients in some months, by staff with whom they had no appointment.",
    )

    problem_report = _of_months(
        ProblemFigures,
        repository.problems,
        description="A report on the diagnoses and problems recorded in some months: how many patients each is of.",
    )

    stock_out_report = _of_days(
        StockOutFigures,
        repository.stock_outs,
        StockOutGrouping,
        description="A report on the times of a period in which a location had nothing of a medication, figures by group.",
        groups="What to group the times without stock by; if empty, all are one group.",
    )

    waste_report = _of_days(
        WasteFigures,
        repository.waste,
        WasteGrouping,
        description="A report on the stock that was thrown away in a period, figures by medication and group.",
        groups="What to group the waste by besides its medication; may be empty.",
    )

    lab_turnaround_report = _of_days(
        LabTurnaroundFigures,
        repository.lab_turnaround,
        LabTurnaroundGrouping,
        description="A report on how long laboratories took for the results that they released in a period, "
        "figures by group.",
        groups="What to group the analyses by; if empty, all are one group.",
    )

    critical_result_report = _of_days(
        CriticalResultFigures,
        repository.critical_results,
        LaboratoryGrouping,
        description="A report on the critical results that were told in a period, and on how soon they were read back, "
        "figures by group.",
        groups="What to group the critical results by; if empty, all are one group.",
    )

    specimen_report = _of_days(
        SpecimenFigures,
        repository.specimens,
        SpecimenGrouping,
        description="A report on the specimens that were collected in a period, and on those that were rejected, "
        "figures by group.",
        groups="What to group the specimens by; if empty, all are one group.",
    )

    lab_correction_report = _of_days(
        LabCorrectionFigures,
        repository.lab_corrections,
        LaboratoryGrouping,
        description="A report on the laboratories' reports of a period, and on those that were corrected, "
        "figures by group.",
        groups="What to group the reports by; if empty, all are one group.",
    )

    qc_failure_report = _of_days(
        QcFailureFigures,
        repository.qc_failures,
        QcFailureGrouping,
        description="A report on the quality controls of a period that analyzers have failed, figures by group.",
        groups="What to group the failures by; if empty, all are one group.",
    )

    lab_test_report = _of_months(
        LabTestFigures,
        repository.lab_tests,
        description="A report on the tests of laboratories in some months: how many were released, and how soon; without those "
        f"that are fewer than {repository.SMALLEST_CELL}.",
    )

    filling_report = _of_days(
        FillingFigures,
        repository.fillings,
        FillingGrouping,
        description="A report on how long patients waited for what was prescribed, of prescriptions that were first filled in "
        "a period, figures by group.",
        groups="What to group the prescriptions by; if empty, all are one group.",
    )

    prescription_report = _of_months(
        PrescriptionFigures,
        repository.prescriptions,
        description="A report on what was prescribed in some months: how many prescriptions each medication has.",
    )

    dispensing_report = _of_months(
        DispensingFigures,
        repository.dispensings,
        description="A report on what was handed over to patients in some months, by medication.",
    )

    safety_alert_report = _of_months(
        SafetyAlertFigures,
        repository.alerts,
        description="A report on what safety checks have interrupted for in some months, and what was overridden, by rule.",
    )


schema = Schema(query=Query)
