"""What a sender says of one analysis becomes its result, by the use cases that enter, correct and retract results."""

from typing import Any
from uuid import UUID

from shared.commands import read
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.codes import AnalysisStatus, InboundCause, ValueType
from subgraphs.laboratory.commands.results import Observed
from subgraphs.laboratory.facts import ResultFacts
from subgraphs.laboratory.hl7.results import Observation
from subgraphs.laboratory.models import Analysis, LabOrder, LabTest
from subgraphs.laboratory.service.matching import Unmatched
from subgraphs.laboratory.service.observing import observe
from subgraphs.laboratory.service.results import (
    begin_again,
    record,
    record_correction,
    record_retraction,
    version_of,
)
from subgraphs.laboratory.service.states import move

_CORRECTION = "The sender has corrected it (HL7 OBX-11 {said})."
_LONGEST_COMMENT = 2000
_PRELIMINARY = ("P", "R")
_RELEASED = (AnalysisStatus.RELEASED, AnalysisStatus.CORRECTED)
_RESULTED = (AnalysisStatus.RESULTED, AnalysisStatus.VERIFIED)
_NOT_BEGUN = (AnalysisStatus.PENDING, AnalysisStatus.IN_ANALYSIS)


class Kept(Exception):
    """A result stays with its message alone, for this reason."""

    def __init__(self, cause: InboundCause) -> None:
        super().__init__(cause)
        self.cause = cause


async def take(
    work: UnitOfWork,
    order: LabOrder,
    row: Analysis,
    test: LabTest,
    said: Observation,
    analyzer_id: UUID,
    *,
    is_known: bool,
) -> None:
    """Do with an analysis, which is locked with its order, what a sender says; `is_known` if its result is a sender's word.

    Raises Unmatched, Kept, InvalidInput and InvalidState.
    """
    if said.status == "X":
        _call_off(work, row)
    elif said.status in ("D", "W"):
        await _withdraw(work, order, row, said)
    else:
        await _enter(work, order, row, test, said, observed(test, said, analyzer_id), is_known=is_known)


def observed(test: LabTest, said: Observation, analyzer_id: UUID) -> Observed:
    """What was found, as a technician would enter it; raises InvalidInput."""
    value = said.said
    given: dict[str, Any] = {"analyzer_id": analyzer_id, "comment": "\n".join(said.notes)[:_LONGEST_COMMENT] or None}
    match test.value_type:
        case ValueType.NUMERIC:
            given |= {"value": value.text, "comparator": value.comparator, "unit": said.unit or None}
        case ValueType.CODED:
            given |= {"codes": [each.code for each in value.codes] or [value.text]}
        case _:
            given |= {"text": f"{value.comparator or ''}{value.text}"}
    return read(Observed, given)


async def _enter(
    work: UnitOfWork,
    order: LabOrder,
    row: Analysis,
    test: LabTest,
    said: Observation,
    found: Observed,
    *,
    is_known: bool,
) -> None:
    newest = await version_of(work, row, row.result_number)
    if newest is not None and row.status in (*_RELEASED, *_RESULTED):
        if _alike(newest.facts.value, await observe(work, order, row, test, found)):
            return
        if row.status in _RELEASED:
            if said.status != "C":
                raise Unmatched(InboundCause.STATE)
            await record_correction(work, order, row, found, _CORRECTION.format(said=said.status))
            return
        if not is_known:  # somebody here has found something else
            raise Unmatched(InboundCause.STATE)
        begin_again(work, row)
    await record(work, order, row, found, final=said.status not in _PRELIMINARY)


def _alike(one: ResultFacts, other: ResultFacts) -> bool:
    """Whether two results say the same."""
    return all(getattr(one, name) == getattr(other, name) for name in ("value", "comparator", "codes", "text"))


def _call_off(work: UnitOfWork, row: Analysis) -> None:
    """The sender cannot examine it."""
    if row.status not in _NOT_BEGUN:
        raise Unmatched(InboundCause.STATE)
    move(work, row, AnalysisStatus.CANCELLED)


async def _withdraw(work: UnitOfWork, order: LabOrder, row: Analysis, said: Observation) -> None:
    """The sender takes back what it has said, such as of another patient."""
    if row.status in _RELEASED:
        await record_retraction(work, order, row, _CORRECTION.format(said=said.status))
    elif row.status in _RESULTED:
        begin_again(work, row)
    else:
        raise Kept(InboundCause.UNCHANGED)
