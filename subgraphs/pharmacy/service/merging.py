"""Two patients who were one: what is one's becomes the other's."""

from sqlmodel import col

from shared.events.mergers import Mergers
from subgraphs.pharmacy.models import Prescription, PrescriptionChange

MERGERS = Mergers((col(Prescription.patient_id), col(PrescriptionChange.patient_id)))
