"""Tables of laboratory, by concept."""

from subgraphs.laboratory.models.base import Model
from subgraphs.laboratory.models.catalogue import LabPanel, LabTest, PanelTest, ReferenceRange, ReflexRule
from subgraphs.laboratory.models.inbound import NOBODY, Analyzer, AnalyzerCode, InboundMessage, InboundResult
from subgraphs.laboratory.models.orders import Analysis, HandOver, LabOrder, Location, Specimen
from subgraphs.laboratory.models.quality import QcMaterial, QcRun
from subgraphs.laboratory.models.received import (
    RECEIVED,
    Received,
    ReceivedLabReport,
    ReceivedLabRequest,
    ReceivedLabResult,
    ReceivedSpecimen,
)
from subgraphs.laboratory.models.results import (
    Account,
    CriticalAttempt,
    CriticalNotice,
    LabReport,
    LabResult,
    OnCall,
)

__all__ = [
    "NOBODY",
    "RECEIVED",
    "Account",
    "Analysis",
    "Analyzer",
    "AnalyzerCode",
    "CriticalAttempt",
    "CriticalNotice",
    "HandOver",
    "InboundMessage",
    "InboundResult",
    "LabOrder",
    "LabPanel",
    "LabReport",
    "LabResult",
    "LabTest",
    "Location",
    "Model",
    "OnCall",
    "PanelTest",
    "QcMaterial",
    "QcRun",
    "Received",
    "ReceivedLabReport",
    "ReceivedLabRequest",
    "ReceivedLabResult",
    "ReceivedSpecimen",
    "ReferenceRange",
    "ReflexRule",
    "Specimen",
]
