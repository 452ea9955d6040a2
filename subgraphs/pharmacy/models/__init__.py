"""Tables of pharmacy, by concept."""

from subgraphs.pharmacy.models.alerts import SafetyAlert, SafetyAlertFacts, SafetyCheck, SafetyCheckFacts
from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.models.catalogue import Medication, MedicationIngredient, MedicationPack
from subgraphs.pharmacy.models.places import Location, Patient
from subgraphs.pharmacy.models.prescriptions import Prescription, PrescriptionChange, PrescriptionFacts
from subgraphs.pharmacy.models.safety import Interaction, InteractionList

__all__ = [
    "Interaction",
    "InteractionList",
    "Location",
    "Medication",
    "MedicationIngredient",
    "MedicationPack",
    "Model",
    "Part",
    "Patient",
    "Prescription",
    "PrescriptionChange",
    "PrescriptionFacts",
    "SafetyAlert",
    "SafetyAlertFacts",
    "SafetyCheck",
    "SafetyCheckFacts",
]
