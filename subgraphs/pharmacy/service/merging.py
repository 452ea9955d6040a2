"""Two patients who were one: what is one's becomes the other's."""

from sqlmodel import col

from shared.events.mergers import Mergers
from subgraphs.pharmacy.models import (
    Dispense,
    DispenseLot,
    Prescription,
    PrescriptionChange,
    RefillRequest,
    SafetyAlert,
    SafetyCheck,
)

_OF_PATIENTS = (Dispense, DispenseLot, Prescription, PrescriptionChange, RefillRequest, SafetyAlert, SafetyCheck)

MERGERS = Mergers(
    tuple(col(model.patient_id) for model in _OF_PATIENTS),
)
