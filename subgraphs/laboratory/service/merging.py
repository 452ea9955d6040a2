"""Two patients who were one: what is one's becomes the other's."""

from sqlmodel import col

from shared.events.mergers import Mergers
from subgraphs.laboratory.models import Analysis, HandOver, InboundMessage, InboundResult, LabOrder, Specimen

MERGERS = Mergers(
    tuple(col(model.patient_id) for model in (LabOrder, Specimen, HandOver, Analysis, InboundMessage, InboundResult))
)
