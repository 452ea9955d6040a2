"""Leaves out fields that no variables make needed, and fetches that then ask for nothing."""

from router.planning.conditions import NEVER
from router.planning.graph import FetchStep, Place


def drop_empty(fetches: list[FetchStep]) -> list[FetchStep]:
    """The fetches with entries; the others are taken off the waiting lists, and those of parts delivered before.

    A field under `@skip(if: $a)` whose fields all have `@include(if: $a)` is no way to those, for example.
    """
    for fetch in fetches:
        _prune(fetch.place)
    needed = [fetch for fetch in fetches if fetch.place.entries]
    for fetch in needed:
        fetch.after = {one for one in fetch.after if one.place.entries and one.deferral == fetch.deferral}
    return needed


def _prune(place: Place) -> None:
    place.entries = [entry for entry in place.entries if entry.condition != NEVER]
    for entry in place.entries:
        if entry.child is not None:
            _prune(entry.child)
