"""Results, reports and notices in the graph."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from shared.database.paging import Slice
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.datatypes import Coding
from shared.graph.entities import Entity, entity, listing_of_each, reference
from shared.graph.fields import from_row, guarded
from subgraphs.laboratory import facts, models, policy, sentences
from subgraphs.laboratory.codes import Comparator, Flag, NoticeStatus, ReportStatus
from subgraphs.laboratory.repository import printing
from subgraphs.laboratory.repository import results as repository
from subgraphs.laboratory.types.catalogue import LabTest, real
from subgraphs.laboratory.types.history import LabHistoryEntry, LabTrendEntry
from subgraphs.laboratory.types.inbound import Analyzer
from subgraphs.laboratory.types.orders import Analysis, LabOrder
from subgraphs.laboratory.types.printing import REQUIRED_OF_REPORT, SCOPES_OF_REPORT, LabReportFile, report_file
from subgraphs.laboratory.types.stubs import Location, Patient, StaffMember

_ORDER = [[policy.READ_ORDERS]]
_NOTICE = [[policy.ACKNOWLEDGE], [policy.EXAMINE]]
_VERSION = "The version, which counts changes; an update names the one that it has read."


@strawberry.type(
    description="The range that a result was compared with, as it was then; what is equal to a limit is in it."
)
class LabInterval:
    row: strawberry.Private[facts.Interval]

    @strawberry.field(description="The least that is usual; null where that is not said.")
    def normal_low(self) -> float | None:
        return real(self.row.normal_low)

    @strawberry.field(description="The most that is usual; null where that is not said.")
    def normal_high(self) -> float | None:
        return real(self.row.normal_high)

    @strawberry.field(description="Less than this is dangerous; null where that is not said.")
    def critical_low(self) -> float | None:
        return real(self.row.critical_low)

    @strawberry.field(description="More than this is dangerous; null where that is not said.")
    def critical_high(self) -> float | None:
        return real(self.row.critical_high)

    @strawberry.field(description="Where the limits are from.")
    def source(self) -> str:
        return self.row.source


@strawberry.type(description="How a number differs from the patient's last one of the same test and method.")
class LabDifference:
    previous: float = strawberry.field(description="The last number.")
    previous_at: datetime = strawberry.field(description="When the specimen of the last number was collected.")
    difference: float = strawberry.field(description="The number less the last one.")
    exceeded: bool = strawberry.field(description="Whether the difference is more than the rule of the test allows.")


def _exactly(value: Decimal) -> float:
    return float(value)


def _interval(row: models.LabResult) -> LabInterval | None:
    found = row.facts.value.interval
    return None if found is None else LabInterval(row=found)


def _difference(row: models.LabResult) -> LabDifference | None:
    found = row.facts.value.delta
    if found is None:
        return None
    return LabDifference(
        previous=_exactly(found.previous),
        previous_at=found.previous_at,
        difference=_exactly(found.difference),
        exceeded=found.exceeded,
    )


def _codes(row: models.LabResult) -> list[Coding]:
    return [Coding(system=each.system, code=each.code, display=each.display) for each in row.facts.value.codes]


def _number(row: models.LabResult) -> float | None:
    return real(row.facts.value.value)


def _said(name: str, *, description: str) -> Any:
    return from_row(f"facts.value.{name}", description=description)


def _display(row: models.LabResult) -> str:
    return sentences.display(row.facts.value)


@entity(
    policy.lab_results,
    scopes=_ORDER,
    description="A version of an analysis's result, which never changes (FHIR Observation).",
)
class LabResult(Entity[models.LabResult], LabTrendEntry):
    number: int | None = from_row("number", description="The number of the version, 1 for the first one.")
    display: str | None = from_row(
        _display, description="The result as it is shown: rounded, with its unit, or in words."
    )
    entered: str | None = _said("entered", description="The number as it was written; null if the result is none.")
    value: float | None = from_row(_number, description="The number, exactly; null if the result is none.")
    comparator: Comparator | None = _said(
        "comparator", description="How the true value relates to the number; null if it is equal."
    )
    unit: str | None = _said("unit", description="The unit of the number, a code of UCUM; null without a number.")
    codes: list[Coding] | None = from_row(_codes, description="The codes of the result; empty if it has none.")
    text: str | None = _said("text", description="The result in words; null if it is none.")
    method: str | None = _said("method", description="How the result was found; null where that is not said.")
    flag: Flag | None = _said("flag", description="How the result compares with what is usual; null if with nothing.")
    interval: LabInterval | None = from_row(
        _interval, description="The range for this patient that the result was compared with; null if there is none."
    )
    difference: LabDifference | None = from_row(
        _difference, description="How the number differs from the last one; null where nothing compares them."
    )
    comment: str | None = _said("comment", description="What else the laboratory says; null if nothing.")
    correction: str | None = _said(
        "correction", description="Why the version took another one's place; null unless it is a correction."
    )
    collected_at: datetime | None = from_row("collected_at", description="When the specimen was collected.")
    entered_at: datetime | None = from_row("entered_at", description="When the result was entered or received.")
    verified_at: datetime | None = from_row("verified_at", description="When it was verified; null before that.")
    auto_verified: bool | None = from_row(
        "auto_verified", description="Whether the result has verified itself, being normal and like the last one."
    )
    released_at: datetime | None = from_row("released_at", description="When it was released; null before that.")
    visible_at: datetime | None = from_row(
        "visible_at", description="From when on the patient sees the result; null before it is released."
    )
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose result it is.")
    entered_by: StaffMember | None = reference(
        StaffMember, "entered_by", description="The person who entered the result."
    )
    verified_by: StaffMember | None = reference(
        StaffMember, "verified_by", description="The person who verified the result; null if nobody did."
    )

    @strawberry.field(description="The test whose result it is.")
    async def lab_test(self, info: Info) -> LabTest | None:
        return await LabTest.load(info.context, self.row.lab_test_id)

    @strawberry.field(description="The analyzer that has measured it; null of what was found by hand.")
    async def analyzer(self, info: Info) -> Analyzer | None:
        return await Analyzer.load(info.context, self.row.analyzer_id)

    @strawberry.field(description="The analysis whose result it is.")
    async def analysis(self, info: Info) -> Analysis | None:
        return await Analysis.load(info.context, self.row.analysis_id)

    @strawberry.field(description="The released version that this one corrects; null unless it is a correction.")
    async def replaces(self, info: Info) -> "LabResult | None":
        return await LabResult.load(info.context, self.row.replaces_id)

    @strawberry.field(description="What the result means for the patient, in a plain sentence.")
    async def sentence(
        self,
        info: Info,
        language: Annotated[
            str | None,
            strawberry.argument(description="The language of the sentence, a tag of BCP 47; absent: English."),
        ] = None,
    ) -> str | None:
        test = await LabTest.load(info.context, self.row.lab_test_id)
        translations = info.context.runtime.translations
        named = translations.negotiate(language or "")
        return sentences.sentence(translations, named, (test and test.row.name) or "", self.row.facts.value)


@entity(policy.lab_reports, scopes=_ORDER, description="What is released of an order (FHIR DiagnosticReport).")
class LabReport(Entity[models.LabReport], LabHistoryEntry):
    status: ReportStatus | None = from_row("status", description="The state of the report.")
    released_at: datetime | None = from_row("released_at", description="When the first result was released.")
    corrected_at: datetime | None = from_row(
        "corrected_at", description="When a result was last corrected or retracted; null if none was."
    )
    version: int | None = from_row("version", description="The version of the report, which counts its changes.")
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom the report is about.")
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location whose laboratory has examined."
    )

    @guarded(
        description="The released results as they stand, in order; those that wait for their day are not there.",
        scopes=_ORDER,
        extensions=[Paged()],
    )
    async def results(self, info: Info, page: Slice) -> Connection[LabResult] | None:
        lists, key = repository.RESULTS_OF_ORDER, self.row.lab_order_id
        return await connect_each(info.context, lists, key, repository.RESULTS, LabResult.of, page)

    @strawberry.field(description="The people who have verified the results that are on the report.")
    async def verifiers(self, info: Info) -> list[StaffMember] | None:
        accounts = await info.context.load(printing.verifiers, self.row.lab_order_id)
        return list(map(StaffMember.by_key, accounts))

    @guarded(
        description=(
            "The report as a PDF that screen readers can read, with what was corrected: the results that are released, and "
            "that the caller may see."
        ),
        scopes=[[policy.READ_ORDERS, *SCOPES_OF_REPORT]],
        authenticated=True,  # as those are who see people of the staff
        requires=[REQUIRED_OF_REPORT],
    )
    async def pdf(
        self,
        info: Info,
        language: Annotated[
            str | None,
            strawberry.argument(description="The language of the report, a tag of BCP 47; absent: English."),
        ] = None,
    ) -> LabReportFile | None:
        return await report_file(info.context, self.row, self.required, language)

    @strawberry.field(description="The order that the report is on.")
    async def lab_order(self, info: Info) -> LabOrder | None:
        return await LabOrder.load(info.context, self.row.lab_order_id)


@entity(
    policy.critical_attempts, scopes=_NOTICE, description="The moment in which people were told of a critical result."
)
class CriticalAttempt(Entity[models.CriticalAttempt]):
    level: int | None = from_row(
        "level", description="Who was told: 0 who ordered, 1 those on call, 2 the administrators."
    )
    at: datetime | None = from_row("at", description="When they were told.")

    @strawberry.field(description="The people who were told.")
    def told(self) -> list[StaffMember] | None:
        return list(map(StaffMember.by_key, self.row.told))


def _read_back(row: models.CriticalNotice) -> str | None:
    return None if row.facts is None else row.facts.value.read_back


@entity(
    policy.seen_notices,
    scopes=_NOTICE,
    description="A critical result that somebody has to acknowledge by reading it back (FHIR Flag).",
)
class CriticalNotice(Entity[models.CriticalNotice]):
    status: NoticeStatus | None = from_row("status", description="The state of the notice.")
    level: int | None = from_row(
        "level", description="Who was told last: 0 who ordered, 1 those on call, 2 the administrators."
    )
    raised_at: datetime | None = from_row("raised_at", description="When the result was found to be critical.")
    next_at: datetime | None = from_row(
        "next_at", description="When others are told, unless it is acknowledged; null if nobody else will be."
    )
    acknowledged_at: datetime | None = from_row(
        "acknowledged_at", description="When somebody read the result back; null before that."
    )
    read_back: str | None = from_row(_read_back, description="What they read back; null before that.")
    version: int | None = from_row("version", description=_VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose result is critical.")
    laboratory: Location | None = reference(
        Location, "laboratory_id", description="The location whose laboratory has examined."
    )
    acknowledged_by: StaffMember | None = reference(
        StaffMember, "acknowledged_by", description="The person who read the result back; null before that."
    )
    attempts = listing_of_each(
        CriticalAttempt,
        repository.ATTEMPTS_OF_NOTICE,
        repository.ATTEMPTS,
        description="Who was told and when, in order.",
        scopes=_NOTICE,
    )

    @strawberry.field(description="The critical result, also while nobody has verified it.")
    async def result(self, info: Info) -> LabResult | None:
        return await LabResult.load(info.context, self.row.lab_result_id)

    @strawberry.field(description="The order that the result is of.")
    async def lab_order(self, info: Info) -> LabOrder | None:
        return await LabOrder.load(info.context, self.row.lab_order_id)
