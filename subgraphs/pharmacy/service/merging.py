"""Two patients who were one: what is one's becomes the other's."""

from sqlmodel import col

from shared.events.mergers import Mergers
from subgraphs.pharmacy.models import DispenseLot, Prescription, PrescriptionChange, SafetyAlert, SafetyCheck

MERGERS = Mergers(
    tuple(col(model.patient_id) for model in (DispenseLot, Prescription, PrescriptionChange, SafetyAlert, SafetyCheck)),
)
