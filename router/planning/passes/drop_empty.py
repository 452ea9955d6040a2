"""Leaves out fetches that ask for nothing, and takes them off the others' waiting lists."""

from router.planning.graph import Fetch


def drop_empty(fetches: list[Fetch]) -> list[Fetch]:
    """The fetches with entries. A root fetch of a fragment that cannot match anything has none, for example."""
    needed = [fetch for fetch in fetches if fetch.place.entries]
    for fetch in needed:
        fetch.after = {one for one in fetch.after if one.place.entries}
    return needed
