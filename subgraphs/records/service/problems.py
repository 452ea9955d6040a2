"""Problems as statistics have them: their codes, by month, of patients under a pseudonym that only this service can make."""

import re
from collections.abc import Sequence
from uuid import UUID

from shared.digests import pseudonym
from shared.unit_of_work import UnitOfWork
from subgraphs.records.codes import ConditionVerification
from subgraphs.records.coding import ICD_10_CM, SNOMED_CT
from subgraphs.records.events import ProblemPatientsMerged, ProblemRecorded, ProblemRetracted
from subgraphs.records.models import Condition, Entry

_COUNTED = (ConditionVerification.CONFIRMED, ConditionVerification.PROVISIONAL, ConditionVerification.UNCONFIRMED)
# A code of another system may be text that somebody wrote, and what another system sent may be anything.
_CODES = {ICD_10_CM: re.compile(r"[A-Z][0-9A-Z]{2}(\.?[0-9A-Z]{1,4})?"), SNOMED_CT: re.compile(r"[0-9]{6,18}")}


async def tell(work: UnitOfWork, rows: Sequence[Entry]) -> None:
    """Tell statistics of the conditions among entries as they are now; what the patient may lack counts not."""
    conditions = [row for row in rows if isinstance(row, Condition)]
    if not conditions:
        return
    key = await _key(work)
    for row in conditions:
        code, problem = row.facts.value.code, pseudonym(key, "problem", row.id)
        pattern = _CODES.get(code.system)
        if row.status not in _COUNTED or pattern is None or not pattern.fullmatch(code.code):
            work.publish(ProblemRetracted(problem_id=problem))
            continue
        patient, month = pseudonym(key, "patient", row.patient_id), f"{row.recorded_at:%Y-%m}"
        work.publish(
            ProblemRecorded(problem_id=problem, patient=patient, system=code.system, code=code.code, month=month)
        )


async def patients_merged(work: UnitOfWork, merged_id: UUID, survivor_id: UUID) -> None:
    """Tell statistics that two patients were one."""
    key = await _key(work)
    merged, patient = (pseudonym(key, "patient", each) for each in (merged_id, survivor_id))
    work.publish(ProblemPatientsMerged(merged=merged, patient=patient))


async def _key(work: UnitOfWork) -> bytes:
    return await work.blind_index("pseudonyms")
