"""What a message says is done: each result of it becomes that of an analysis, is only kept, or waits for somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import InvalidInput, InvalidState
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.codes import InboundCause, InboundResultStatus, InboundStatus
from subgraphs.laboratory.hl7.results import Group, Observation, Results
from subgraphs.laboratory.models import Analysis, InboundMessage, InboundResult, LabOrder, LabTest
from subgraphs.laboratory.service import matching, taking
from subgraphs.laboratory.service.matching import Codes, Unmatched
from subgraphs.laboratory.service.orders import analyses_of
from subgraphs.laboratory.service.states import move
from subgraphs.laboratory.service.taking import Kept

RANKS = {"P": 0, "R": 0, "F": 1, "C": 2, "W": 2, "D": 2, "X": 2}
"""Of HL7 table 0085, what is taken; a word of a lower rank never takes the place of one of a higher."""


@dataclass(slots=True)
class Applying:
    """A message at work. `stored` is what became of its results so far, by their positions.

    `order` is whose results they are, where somebody has said so, whatever the message's numbers and person are.
    """

    work: UnitOfWork
    row: InboundMessage
    found: Results
    stored: dict[int, InboundResult] = field(default_factory=dict)
    order: LabOrder | None = None

    async def apply(self) -> list[InboundResult]:
        """Do what was not done before; store what became of each result, and the message's status."""
        tests = await matching.tests_by_code(self.work, self.row, self.found)
        for group in self.found.groups:
            if left := [each for each in group.observations if self._is_left(each)]:
                await self._apply_group(group, left, tests)
        results = [self.stored[position] for position in sorted(self.stored)]
        self._conclude([each.cause for each in results if each.status == InboundResultStatus.PARKED])
        await self.work.session.flush()
        return results

    def _is_left(self, observation: Observation) -> bool:
        known = self.stored.get(observation.position)
        return known is None or known.status == InboundResultStatus.PARKED

    def _conclude(self, parked: Sequence[str | None]) -> None:
        row = self.row
        row.touch()
        row.cause = parked[0] if parked else None
        is_new = row.status == InboundStatus.RECEIVED
        if not parked:
            move(self.work, row, InboundStatus.APPLIED if is_new else InboundStatus.REPAIRED)
            row.ended_at = utc_now()
        elif is_new:
            move(self.work, row, InboundStatus.PARKED)

    async def _apply_group(self, group: Group, left: Sequence[Observation], tests: Codes) -> None:
        try:
            order = self.order or await self._matched(group)
            self._belongs_to(order.patient_id)
        except Unmatched as unmatched:
            for each in left:
                self._note(group, each, InboundResultStatus.PARKED, unmatched.cause)
            return
        analyses = {each.lab_test_id: each for each in await analyses_of(self.work, order)}
        for each in left:
            await self._apply_result(group, each, tests, order, analyses)

    async def _matched(self, group: Group) -> LabOrder:
        person = matching.only_person(self.found)
        order = await matching.order_of(self.work, self.row, group)
        if not matching.is_patient_of(order, person):
            raise Unmatched(InboundCause.PATIENT_DISAGREES)
        return order

    def _belongs_to(self, patient: UUID) -> None:
        """Keep the message under the key of the patient whose results it has, once that is known; raises Unmatched."""
        row = self.row
        if row.patient_id == patient:
            return
        if any(each.status == InboundResultStatus.APPLIED for each in self.stored.values()):
            raise Unmatched(InboundCause.SEVERAL_PATIENTS)
        row.patient_id, row.content = patient, Encrypted(row.content.value)
        flag_modified(row, "content")  # which is equal, but is to be encrypted anew
        for each in self.stored.values():
            each.patient_id = patient

    async def _apply_result(
        self,
        group: Group,
        observation: Observation,
        tests: Codes,
        order: LabOrder,
        analyses: Mapping[UUID, Analysis],
    ) -> None:
        analysis: Analysis | None = None
        status, cause = InboundResultStatus.APPLIED, None
        try:
            test = matching.test_of(tests, observation.codes)
            analysis = analyses.get(test.id)
            async with self.work.attempt():
                await self._do(group, observation, order, test, analysis)
        except Unmatched as unmatched:
            status, cause = InboundResultStatus.PARKED, unmatched.cause
        except Kept as kept:
            status, cause = InboundResultStatus.KEPT, kept.cause
        except InvalidInput as invalid:
            of_unit = any(each.path == ("unit",) for each in invalid.fields)
            status, cause = InboundResultStatus.PARKED, InboundCause.UNIT if of_unit else InboundCause.VALUE
        except InvalidState:
            status, cause = InboundResultStatus.PARKED, InboundCause.STATE
        self._note(group, observation, status, cause, analysis)

    async def _do(
        self, group: Group, observation: Observation, order: LabOrder, test: LabTest, analysis: Analysis | None
    ) -> None:
        """Let a result be that of its analysis; raises Unmatched, Kept, InvalidInput and InvalidState."""
        if observation.said.kind == "ED" and observation.said.unread is None:
            raise Kept(InboundCause.DOCUMENT)
        if not observation.status:
            raise Unmatched(InboundCause.STATUS_MISSING)
        if observation.status not in RANKS:
            raise Unmatched(InboundCause.STATUS_UNKNOWN)
        if observation.said.unread is not None:
            raise Unmatched(InboundCause.VALUE)
        if analysis is None:
            raise Unmatched(InboundCause.NOT_ORDERED)
        earlier = await self._applied(analysis)
        _check_newest(group, observation, earlier)
        await taking.take(self.work, order, analysis, test, observation, self.row.analyzer_id, is_known=bool(earlier))

    async def _applied(self, analysis: Analysis) -> Sequence[InboundResult]:
        """What was applied of an analysis before."""
        applied = select(InboundResult).where(
            col(InboundResult.analysis_id) == analysis.id, col(InboundResult.status) == InboundResultStatus.APPLIED
        )
        return (await self.work.session.scalars(applied)).all()

    def _note(
        self,
        group: Group,
        observation: Observation,
        status: InboundResultStatus,
        cause: InboundCause | None,
        analysis: Analysis | None = None,
    ) -> None:
        known = self.stored.get(observation.position)
        if known is None:
            known = InboundResult(
                inbound_message_id=self.row.id,
                patient_id=self.row.patient_id,
                position=observation.position,
                said=observation.status[:1],
                reported_at=group.reported_at,
                status=status,
            )
            self.stored[observation.position] = known
            self.work.session.add(known)
        known.status, known.cause = status, cause
        known.analysis_id = analysis.id if analysis else None


def _check_newest(group: Group, observation: Observation, earlier: Sequence[InboundResult]) -> None:
    """Raise Kept where a newer word of the analysis was applied: by its status first, then by when it was said."""
    for each in earlier:
        older = each.reported_at and group.reported_at and group.reported_at < each.reported_at
        if RANKS[observation.status] < RANKS[each.said] or older:
            raise Kept(InboundCause.OUTDATED)
