"""What is recorded of a patient's health, where more is to be done than to store it."""

from typing import Any

from sqlalchemy import select

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.patient_access import Basis
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects, policy
from subgraphs.records.codes import (
    CareTeamStatus,
    EncounterStatus,
    EntryStatus,
)
from subgraphs.records.commands.access import Relate
from subgraphs.records.commands.clinical import (
    MarkEnteredInError,
    RecordCareTeam,
    RecordCondition,
    RecordVitalSigns,
    UpdateCareTeam,
    UpdateCondition,
)
from subgraphs.records.early_warning import early_warning
from subgraphs.records.errors import NOT_TREATING
from subgraphs.records.events import EarlyWarningRaised, EntryChanged
from subgraphs.records.models import Allergy, CareTeam, Condition, Document, Encounter, VitalSigns
from subgraphs.records.models.entries import ENTERED_IN_ERROR
from subgraphs.records.service import entries, problems
from subgraphs.records.service.encounters import change_status
from subgraphs.records.service.lookups import check_dates, check_practitioners
from subgraphs.records.service.relations import relate


async def record_condition(context: Context, command: RecordCondition) -> Condition:
    """Record a diagnosis or problem."""
    await check_dates(context, command.patient_id, command)
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(work, Condition.section, command.patient_id, command.encounter_id)
        row = Condition(
            **whose,
            status=command.verification,
            clinical_status=command.clinical_status,
            facts=entries.facts_of(Condition, command),
        )
        entries.add(work, row)
        await problems.tell(work, [row])
    return row


async def update_condition(context: Context, command: UpdateCondition) -> Condition:
    """Change a diagnosis or problem."""
    await entries.check_dates_of(context, policy.conditions, command)
    async with context.write() as work:
        row = await entries.find(work, policy.conditions, command)
        entries.change(work, row, command, **entries.statuses(row, command))
        await problems.tell(work, [row])
    return row


async def record_vital_signs(context: Context, command: RecordVitalSigns) -> VitalSigns:
    """Record what was measured; what is urgent is told."""
    await check_dates(context, command.patient_id, command)
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(work, VitalSigns.section, command.patient_id, command.encounter_id)
        row = VitalSigns(
            **whose,
            status=EntryStatus.RECORDED,
            effective_at=command.effective_at or utc_now(),
            signs=[await work.blind_index("vital-sign", each.code) for each in command.measurements],
            facts=entries.facts_of(VitalSigns, command),
        )
        entries.add(work, row)
        score = early_warning(row.facts.value)
        if score is not None and score.is_urgent:
            work.publish(
                EarlyWarningRaised(
                    vital_signs_id=row.id,
                    patient_id=row.patient_id,
                    encounter_id=row.encounter_id,
                    practitioner_id=row.recorder_id,
                )
            )
    return row


async def record_care_team(context: Context, command: RecordCareTeam) -> CareTeam:
    """Let practitioners look after a patient together."""
    await check_practitioners(context, "memberIds", command.member_ids)
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(work, CareTeam.section, command.patient_id, command.encounter_id)
        row = CareTeam(
            **whose,
            status=CareTeamStatus.ACTIVE,
            member_ids=command.member_ids,
            facts=entries.facts_of(CareTeam, command),
        )
        entries.add(work, row)
        await _relate(work, row)
    return row


async def update_care_team(context: Context, command: UpdateCareTeam) -> CareTeam:
    """Change a care team, and so who may open the record."""
    await check_practitioners(context, "memberIds", command.member_ids or [])
    async with context.write() as work:
        row = await entries.find(work, policy.care_teams, command)
        entries.change(work, row, command, member_ids=command.member_ids or row.member_ids)
        await _relate(work, row)
    return row


async def mark_entered_in_error(context: Context, command: MarkEnteredInError) -> Any:
    """Let an entry say that it was a mistake, and why."""
    async with context.write() as work:
        row: Any = await entries.find(work, policy.ENTRIES[command.kind], command)
        row.retraction = Encrypted(command.reason)
        if isinstance(row, Encounter):
            await change_status(work, row, EncounterStatus.ENTERED_IN_ERROR)
        row.status = ENTERED_IN_ERROR
        if isinstance(row, Allergy | Condition):
            row.clinical_status = None
        if isinstance(row, Document):
            row.scan_at = None
        await problems.tell(work, [row])
        if isinstance(row, CareTeam):
            await _end_relations(work, row)
        work.publish(EntryChanged(**entries.told(row)))
    return row


async def _relate(work: UnitOfWork, row: CareTeam) -> None:
    """Let the members of an active team open the record, by the word of somebody who treats the patient themselves."""
    if row.status != CareTeamStatus.ACTIVE:
        await _end_relations(work, row)
        return
    if not await work.session.scalar(select(policy.treats(work.principal, row.patient_id))):
        raise InvalidState(NOT_TREATING)
    await relate(work, await _relation(work, row, row.member_ids))


async def _end_relations(work: UnitOfWork, row: CareTeam) -> None:
    await relate(work, await _relation(work, row, []))


async def _relation(work: UnitOfWork, row: CareTeam, practitioner_ids: Any) -> Relate:
    return Relate(
        basis=Basis.CARE_TEAM,
        source_id=row.id,
        patient_id=row.patient_id,
        practitioner_ids=practitioner_ids,
        since=await effects.now(work),
    )
