"""Results, reports and notices: asking for them, what is done to them, and what is told as it happens."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import bounded, key_of, query, subscription
from shared.graph.mutations import mutation
from subgraphs.laboratory import models, subscriptions
from subgraphs.laboratory.commands.results import (
    AcknowledgeCriticalResult,
    AssignAnalysis,
    CancelAnalysis,
    CorrectResult,
    EnterResult,
    ReleaseReport,
    RepeatAnalysis,
    RetractResult,
    SaveOnCall,
    VerifyResult,
)
from subgraphs.laboratory.policy import ACKNOWLEDGE, EXAMINE, READ_ORDERS, VERIFY, WRITE
from subgraphs.laboratory.repository import results as repository
from subgraphs.laboratory.schema.orders import Laboratory
from subgraphs.laboratory.service import critical, results
from subgraphs.laboratory.types.orders import Analysis
from subgraphs.laboratory.types.received import ReceivedLabReport, ReceivedLabResult
from subgraphs.laboratory.types.results import CriticalNotice, LabReport, LabResult
from subgraphs.laboratory.types.stubs import StaffMember

_READ = [[READ_ORDERS]]
_NOTICE = [[ACKNOWLEDGE], [EXAMINE]]
_CALL = [[WRITE], [EXAMINE]]
_CHANGED = [InvalidState, NotFound, VersionConflict]


@strawberry.type(description="The success of `saveOnCall`, and what it was done to.")
class SaveOnCallSuccess:
    on_call: list[StaffMember] = strawberry.field(description="The people who are on call now, in order.")


@strawberry.type
class ResultQuery:
    analysis = by_key(
        Analysis,
        description="The laboratory's analysis with an id; null if there is none that the caller may see.",
        scopes=_READ,
    )
    lab_report = by_key(
        LabReport,
        description="The laboratory's report with an id; null if there is none that the caller may see.",
        scopes=_READ,
    )

    received_lab_report = by_key(
        ReceivedLabReport,
        description="Another system's report with an id; null if there is none that the caller may see.",
        scopes=_READ,
    )
    received_lab_result = by_key(
        ReceivedLabResult,
        description="Another system's result with an id; null if there is none that the caller may see.",
        scopes=_READ,
    )

    @listing(
        LabResult,
        repository.TREND,
        description=(
            "A patient's results of one LOINC code as they stand, by when the specimens were collected; "
            "`Patient.labTrend` has those of other systems as well."
        ),
        scopes=_READ,
    )
    async def result_trend(
        self,
        info: Info,
        patient_id: Annotated[strawberry.ID, strawberry.argument(description="The id of the patient.")],
        loinc: Annotated[str, bounded("The LOINC code of the tests.", 20)],
        since: Annotated[
            datetime | None,
            strawberry.argument(name="from", description="Only what was collected then or later; absent: all."),
        ] = None,
        until: Annotated[
            datetime | None, strawberry.argument(name="to", description="Only what was collected before; absent: all.")
        ] = None,
    ) -> Select[models.LabResult]:
        return repository.trend(info.context.principal, key_of(patient_id, "Patient"), loinc, since, until)

    @listing(
        CriticalNotice,
        repository.NOTICES,
        description="The notices of critical results that the caller may see, the oldest first.",
        scopes=_NOTICE,
    )
    async def critical_notices(
        self,
        info: Info,
        open: Annotated[
            bool | None,
            strawberry.argument(description="Only those that nobody has acknowledged, or only others; absent: all."),
        ] = None,
    ) -> Select[models.CriticalNotice]:
        return repository.critical_notices(info.context.principal, open)

    @query(description="The people who are on call for a laboratory's critical results, in order.", scopes=_CALL)
    async def on_call(self, info: Info, laboratory_id: Laboratory) -> list[StaffMember] | None:
        keys = await repository.on_call(info.context, key_of(laboratory_id, "Location"))
        return list(map(StaffMember.by_key, keys))


@strawberry.type
class ResultMutation:
    @mutation(description="Let the caller carry an analysis out.", scopes=[[EXAMINE]], errors=_CHANGED)
    async def assign_analysis(self, info: Info, input: AssignAnalysis) -> Analysis:
        return Analysis.of(await results.assign(info.context, input))

    @mutation(
        description=(
            "Note that an analysis is not carried out, while others of the order are; the order is complete if all others are "
            "released."
        ),
        scopes=[[EXAMINE, VERIFY]],
        errors=_CHANGED,
    )
    async def cancel_analysis(self, info: Info, input: CancelAnalysis) -> Analysis:
        return Analysis.of(await results.cancel(info.context, input))

    @mutation(description="Enter the result of an analysis.", scopes=[[EXAMINE]], errors=_CHANGED)
    async def enter_result(self, info: Info, input: EnterResult) -> Analysis:
        return Analysis.of(await results.enter(info.context, input))

    @mutation(
        description="Carry an analysis out again whose result is not released; the result is kept.",
        scopes=[[EXAMINE]],
        errors=_CHANGED,
    )
    async def repeat_analysis(self, info: Info, input: RepeatAnalysis) -> Analysis:
        return Analysis.of(await results.repeat(info.context, input))

    @mutation(
        description="Verify the newest result of an analysis, which somebody else has entered.",
        scopes=[[VERIFY]],
        errors=_CHANGED,
    )
    async def verify_result(self, info: Info, input: VerifyResult) -> Analysis:
        return Analysis.of(await results.verify(info.context, input))

    @mutation(
        description="Release all verified results of an order, which its patient sees from then on.",
        scopes=[[VERIFY]],
        errors=_CHANGED,
    )
    async def release_report(self, info: Info, input: ReleaseReport) -> LabReport:
        return LabReport.of(await results.release(info.context, input))

    @mutation(
        description="Enter what a released result should have been, for somebody else to verify.",
        scopes=[[EXAMINE]],
        errors=_CHANGED,
    )
    async def correct_result(self, info: Info, input: CorrectResult) -> Analysis:
        return Analysis.of(await results.correct(info.context, input))

    @mutation(
        description="Say of a released result that it was a mistake, without another one.",
        scopes=[[VERIFY]],
        errors=_CHANGED,
    )
    async def retract_result(self, info: Info, input: RetractResult) -> Analysis:
        return Analysis.of(await results.retract(info.context, input))


@strawberry.type
class CriticalMutation:
    @mutation(description="Acknowledge a critical result by reading it back.", scopes=[[ACKNOWLEDGE]], errors=_CHANGED)
    async def acknowledge_critical_result(self, info: Info, input: AcknowledgeCriticalResult) -> CriticalNotice:
        return CriticalNotice.of(await critical.acknowledge(info.context, input))

    @mutation(description="Say who is on call for a laboratory's critical results.", scopes=_CALL, errors=[NotFound])
    async def save_on_call(self, info: Info, input: SaveOnCall) -> SaveOnCallSuccess:
        await critical.save_on_call(info.context, input)
        return SaveOnCallSuccess(on_call=list(map(StaffMember.by_key, dict.fromkeys(input.account_ids))))


@strawberry.type
class ResultSubscription:
    @subscription(
        description="The notices of critical results that the caller may see, as they are raised and change.",
        scopes=_NOTICE,
    )
    async def critical_result(self, info: Info) -> AsyncGenerator[CriticalNotice | None, None]:
        async for row in subscriptions.critical(info.context):
            yield CriticalNotice.of(row)

    @subscription(
        description="The analyses of a laboratory where the caller works, as they come and change.", scopes=[[EXAMINE]]
    )
    async def lab_worklist_changed(
        self, info: Info, laboratory_id: Laboratory
    ) -> AsyncGenerator[Analysis | None, None]:
        async for row in subscriptions.worklist(info.context, key_of(laboratory_id, "Location")):
            yield Analysis.of(row)

    @subscription(
        description=(
            "The laboratory's reports on a patient, as they are released and corrected. It ends within seconds when the "
            "caller may no longer open them."
        ),
        scopes=_READ,
    )
    async def lab_report_changed(
        self,
        info: Info,
        patient_id: Annotated[strawberry.ID, strawberry.argument(description="The id of the patient.")],
    ) -> AsyncGenerator[LabReport | None, None]:
        async for row in subscriptions.reports(info.context, key_of(patient_id, "Patient")):
            yield LabReport.of(row)
