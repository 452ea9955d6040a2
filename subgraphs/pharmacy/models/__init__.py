"""Tables of pharmacy, by concept."""

from subgraphs.pharmacy.models.alerts import SafetyAlert, SafetyAlertFacts, SafetyCheck, SafetyCheckFacts
from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.models.catalogue import Medication, MedicationIngredient, MedicationPack
from subgraphs.pharmacy.models.counts import StockCount, StockCountLine
from subgraphs.pharmacy.models.dispensing import Dispense, RefillRequest
from subgraphs.pharmacy.models.places import Account, Location, Patient
from subgraphs.pharmacy.models.prescriptions import Prescription, PrescriptionChange, PrescriptionFacts
from subgraphs.pharmacy.models.safety import ClinicIngredient, Interaction, InteractionList
from subgraphs.pharmacy.models.stock import DispenseLot, Lot, StockItem, StockMovement, StockReservation

__all__ = [
    "Account",
    "ClinicIngredient",
    "Dispense",
    "DispenseLot",
    "Interaction",
    "InteractionList",
    "Location",
    "Lot",
    "Medication",
    "MedicationIngredient",
    "MedicationPack",
    "Model",
    "Part",
    "Patient",
    "Prescription",
    "PrescriptionChange",
    "PrescriptionFacts",
    "RefillRequest",
    "SafetyAlert",
    "SafetyAlertFacts",
    "SafetyCheck",
    "SafetyCheckFacts",
    "StockCount",
    "StockCountLine",
    "StockItem",
    "StockMovement",
    "StockReservation",
]
