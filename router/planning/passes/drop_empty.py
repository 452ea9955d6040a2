"""Leaves out fields that no variables make needed, and fetches that then ask for nothing."""

from router.planning.conditions import NEVER
from router.planning.graph import FetchSelectionSet, FetchStep


def drop_empty(fetches: list[FetchStep]) -> list[FetchStep]:
    """The fetches with fields; the others are taken off the waiting lists, and those of delivery groups before.

    A field under `@skip(if: $a)` whose fields all have `@include(if: $a)` does not lead to those, for example.
    """
    for fetch in fetches:
        _prune(fetch.selection_set)
    needed = [fetch for fetch in fetches if fetch.selection_set.fields]
    for fetch in needed:
        fetch.after = {one for one in fetch.after if one.selection_set.fields and one.deferral == fetch.deferral}
    return needed


def _prune(selection_set: FetchSelectionSet) -> None:
    selection_set.fields = [field for field in selection_set.fields if field.condition != NEVER]
    for field in selection_set.fields:
        if field.child is not None:
            _prune(field.child)
