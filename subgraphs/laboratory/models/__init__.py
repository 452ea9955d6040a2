"""Tables of laboratory, by concept."""

from subgraphs.laboratory.models.base import Model
from subgraphs.laboratory.models.catalogue import LabPanel, LabTest, PanelTest, ReferenceRange, ReflexRule
from subgraphs.laboratory.models.inbound import NOBODY, Analyzer, AnalyzerCode, InboundMessage, InboundResult
from subgraphs.laboratory.models.orders import Analysis, HandOver, LabOrder, Location, Specimen

__all__ = [
    "NOBODY",
    "Analysis",
    "Analyzer",
    "AnalyzerCode",
    "HandOver",
    "InboundMessage",
    "InboundResult",
    "LabOrder",
    "LabPanel",
    "LabTest",
    "Location",
    "Model",
    "PanelTest",
    "ReferenceRange",
    "ReflexRule",
    "Specimen",
]
