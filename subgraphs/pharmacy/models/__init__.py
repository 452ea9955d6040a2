"""Tables of pharmacy, by concept."""

from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.models.catalogue import Medication, MedicationIngredient, MedicationPack

__all__ = ["Medication", "MedicationIngredient", "MedicationPack", "Model", "Part"]
