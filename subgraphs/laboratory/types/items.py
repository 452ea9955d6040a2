"""The items of lists that have results of other systems beside this one's."""

from datetime import datetime
from typing import Any, Self

import strawberry

from shared.graph.interleaved import Moment
from subgraphs.laboratory.types.history import LabHistoryEntry, LabTrendEntry
from subgraphs.laboratory.types.received import ReceivedLabReport, ReceivedLabResult
from subgraphs.laboratory.types.results import LabReport, LabResult

_TYPES: dict[str, Any] = {
    "LabReport": LabReport,
    "LabResult": LabResult,
    "ReceivedLabReport": ReceivedLabReport,
    "ReceivedLabResult": ReceivedLabResult,
}


@strawberry.type(description="A report of a laboratory, or a result that is in none, at its time.")
class LabHistoryItem:
    at: datetime = strawberry.field(description="When it was reported, or else observed.")
    entry: LabHistoryEntry = strawberry.field(description="The report or result, such as a LabReport.")

    @classmethod
    def of(cls, moment: Moment) -> Self:
        """From a row at its time."""
        return cls(at=moment.at, entry=_TYPES[type(moment.row).__name__].of(moment.row))


@strawberry.type(description="A result at its time.")
class LabTrendItem:
    at: datetime = strawberry.field(description="When the specimen was collected, or else when it was reported.")
    entry: LabTrendEntry = strawberry.field(description="The result, such as a LabResult.")

    @classmethod
    def of(cls, moment: Moment) -> Self:
        """From a row at its time."""
        return cls(at=moment.at, entry=_TYPES[type(moment.row).__name__].of(moment.row))
