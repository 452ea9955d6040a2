"""What stands in a patient's timeline."""

import strawberry

from shared.graph.entities import Node


@strawberry.interface(description="An encounter, a note, or an entry of another kind in the medical record.")
class TimelineEntry(Node):
    """Of these types alone, unlike `Node`: who may see them all may select what they have in common."""
