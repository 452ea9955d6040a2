"""Tables of laboratory, by concept."""

from subgraphs.laboratory.models.base import Model
from subgraphs.laboratory.models.catalogue import LabTest

__all__ = ["LabTest", "Model"]
