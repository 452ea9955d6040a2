"""Tables of pharmacy, by concept."""

from subgraphs.pharmacy.models.base import Model
from subgraphs.pharmacy.models.catalogue import Medication

__all__ = ["Medication", "Model"]
