"""Reporting's part of the graph."""

from collections.abc import Callable, Mapping
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

    @query(
        description="A report on the registration of patients in a period, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def registration_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[RegistrationGrouping],
            strawberry.argument(description="What to group the registrations by; if empty, all are one group."),
        ],
    ) -> Connection[RegistrationFigures] | None:
        figures = repository.registrations(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, RegistrationFigures.of, page)

    @query(
        description="A report on the requests for access to medical records of a period, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def record_access_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[AccessRequestGrouping],
            strawberry.argument(description="What to group the requests by; if empty, all are one group."),
        ],
    ) -> Connection[AccessRequestFigures] | None:
        figures = repository.access_requests(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, AccessRequestFigures.of, page)

    @query(
        description="A report on the medical records opened in emergencies in a period, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def emergency_access_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[EmergencyAccessGrouping],
            strawberry.argument(description="What to group the accesses by; if empty, all are one group."),
        ],
    ) -> Connection[EmergencyAccessFigures] | None:
        figures = repository.emergencies(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, EmergencyAccessFigures.of, page)

    @query(
        description="A report on the clinical notes that were begun in a period, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def note_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[NoteGrouping],
            strawberry.argument(description="What to group the notes by; if empty, all are one group."),
        ],
    ) -> Connection[NoteFigures] | None:
        figures = repository.notes(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, NoteFigures.of, page)

    @query(
        description="A report on looks at data of patients in some months, by staff with whom they had no appointment.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def look_report(
        self,
        info: Info,
        page: Slice,
        months: Months,
    ) -> Connection[LookFigures] | None:
        figures = repository.looks(info.context, given(ReportMonths, months))
        return await _connect(info.context, figures, LookFigures.of, page)

    @query(
        description="A report on the diagnoses and problems recorded in some months: how many patients each is of.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def problem_report(
        self,
        info: Info,
        page: Slice,
        months: Months,
    ) -> Connection[ProblemFigures] | None:
        figures = repository.problems(info.context, given(ReportMonths, months))
        return await _connect(info.context, figures, ProblemFigures.of, page)

    @query(
        description="A report on the times of a period in which a location had nothing of a medication, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def stock_out_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[StockOutGrouping],
            strawberry.argument(description="What to group the times without stock by; if empty, all are one group."),
        ],
    ) -> Connection[StockOutFigures] | None:
        figures = repository.stock_outs(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, StockOutFigures.of, page)

    @query(
        description="A report on the stock that was thrown away in a period, figures by medication and group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def waste_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[WasteGrouping],
            strawberry.argument(description="What to group the waste by besides its medication; may be empty."),
        ],
    ) -> Connection[WasteFigures] | None:
        figures = repository.waste(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, WasteFigures.of, page)

    @query(
        description="A report on how long laboratories took for the results that they released in a period, "
        "figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def lab_turnaround_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[LabTurnaroundGrouping],
            strawberry.argument(description="What to group the analyses by; if empty, all are one group."),
        ],
    ) -> Connection[LabTurnaroundFigures] | None:
        figures = repository.lab_turnaround(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, LabTurnaroundFigures.of, page)

    @query(
        description="A report on the critical results that were told in a period, and on how soon they were read back, "
        "figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def critical_result_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[LaboratoryGrouping],
            strawberry.argument(description="What to group the critical results by; if empty, all are one group."),
        ],
    ) -> Connection[CriticalResultFigures] | None:
        figures = repository.critical_results(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, CriticalResultFigures.of, page)

    @query(
        description="A report on the specimens that were collected in a period, and on those that were rejected, "
        "figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def specimen_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[SpecimenGrouping],
            strawberry.argument(description="What to group the specimens by; if empty, all are one group."),
        ],
    ) -> Connection[SpecimenFigures] | None:
        figures = repository.specimens(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, SpecimenFigures.of, page)

    @query(
        description="A report on the laboratories' reports of a period, and on those that were corrected, "
        "figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def lab_correction_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[LaboratoryGrouping],
            strawberry.argument(description="What to group the reports by; if empty, all are one group."),
        ],
    ) -> Connection[LabCorrectionFigures] | None:
        figures = repository.lab_corrections(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, LabCorrectionFigures.of, page)

    @query(
        description="A report on the quality controls of a period that analyzers have failed, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def qc_failure_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[QcFailureGrouping],
            strawberry.argument(description="What to group the failures by; if empty, all are one group."),
        ],
    ) -> Connection[QcFailureFigures] | None:
        figures = repository.qc_failures(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, QcFailureFigures.of, page)

    @query(
        description="A report on the tests of laboratories in some months: how many were released, and how soon; without those "
        f"that are fewer than {repository.SMALLEST_CELL}.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def lab_test_report(self, info: Info, page: Slice, months: Months) -> Connection[LabTestFigures] | None:
        figures = repository.lab_tests(info.context, given(ReportMonths, months))
        return await _connect(info.context, figures, LabTestFigures.of, page)

    @query(
        description="A report on how long patients waited for what was prescribed, of prescriptions that were first filled in "
        "a period, figures by group.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def filling_report(
        self,
        info: Info,
        page: Slice,
        period: Days,
        group_by: Annotated[
            list[FillingGrouping],
            strawberry.argument(description="What to group the prescriptions by; if empty, all are one group."),
        ],
    ) -> Connection[FillingFigures] | None:
        figures = repository.fillings(info.context, given(ReportPeriod, period), group_by)
        return await _connect(info.context, figures, FillingFigures.of, page)

    @query(
        description="A report on what was prescribed in some months: how many prescriptions each medication has.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def prescription_report(
        self, info: Info, page: Slice, months: Months
    ) -> Connection[PrescriptionFigures] | None:
        figures = repository.prescriptions(info.context, given(ReportMonths, months))
        return await _connect(info.context, figures, PrescriptionFigures.of, page)

    @query(
        description="A report on what was handed over to patients in some months, by medication.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def dispensing_report(self, info: Info, page: Slice, months: Months) -> Connection[DispensingFigures] | None:
        figures = repository.dispensings(info.context, given(ReportMonths, months))
        return await _connect(info.context, figures, DispensingFigures.of, page)

    @query(
        description="A report on what safety checks have interrupted for in some months, and what was overridden, by rule.",
        scopes=[[READ]],
        extensions=[Paged()],
    )
    async def safety_alert_report(
        self, info: Info, page: Slice, months: Months
    ) -> Connection[SafetyAlertFigures] | None:
        figures = repository.alerts(info.context, given(ReportMonths, months))
        return await _connect(info.context, figures, SafetyAlertFigures.of, page)


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


schema = Schema(query=Query)
