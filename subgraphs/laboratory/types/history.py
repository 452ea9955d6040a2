"""What this laboratory and those of other systems have in common, in the graph."""

import strawberry

from shared.graph.entities import Node


@strawberry.interface(description="A report on a patient, of this system or another, or a result that is in none.")
class LabHistoryEntry(Node):
    """Of these types alone, unlike `Node`: who may see them all may select what they have in common."""


@strawberry.interface(description="A result of an analyte, of this system or another.")
class LabTrendEntry(Node):
    """Of these types alone."""
