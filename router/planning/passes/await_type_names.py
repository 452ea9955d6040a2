"""Lets a fetch for the values of only some types' field wait for what tells of which type the objects around are."""

from collections.abc import Iterator

from router.planning.graph import TYPENAME, FetchStep, Position


def await_type_names(fetches: list[FetchStep]) -> None:
    """Make each fetch wait for the type names that its path needs, unless they have to wait for it."""
    for fetch in fetches:
        for position, types in _told_apart(fetch.position):
            fetch.wait_for(
                one for one in _providers(position, types, fetch) if one is not fetch and not one.follows(fetch)
            )


def _told_apart(position: Position) -> Iterator[tuple[Position, frozenset[str]]]:
    """The positions on the way to one where the way is that of some types only, and these."""
    while position.via is not None and position.parent is not None:
        if not position.via.types >= position.parent.types:
            yield position.parent, position.via.types
        position = position.parent


def _providers(position: Position, types: frozenset[str], fetch: FetchStep) -> Iterator[FetchStep]:
    for planned in position.planned_fields(TYPENAME):
        for resolution in planned.resolutions_for(fetch.deferral):
            if resolution.types & types:
                yield from resolution.selection_set.fetches
