"""Two patients who were one: what is one's becomes the other's."""

from typing import Any

from sqlmodel import col

from shared.events.mergers import Mergers
from subgraphs.laboratory.models import (
    RECEIVED,
    Analysis,
    CriticalAttempt,
    CriticalNotice,
    HandOver,
    InboundMessage,
    InboundResult,
    LabOrder,
    LabReport,
    LabResult,
    Specimen,
)

_OF_PATIENTS: tuple[Any, ...] = (
    LabOrder,
    Specimen,
    HandOver,
    Analysis,
    LabResult,
    LabReport,
    CriticalNotice,
    CriticalAttempt,
    InboundMessage,
    InboundResult,
    *RECEIVED,
)
MERGERS = Mergers(tuple(col(model.patient_id) for model in _OF_PATIENTS))
