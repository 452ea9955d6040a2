"""Reads a list page by page, from either end, as a client does."""

from collections.abc import Iterator
from typing import Any

from tests.harness.caller import Caller

_VARIABLES = "$first: Int, $after: String, $last: Int, $before: String"
_ARGUMENTS = "first: $first, after: $after, last: $last, before: $before"
_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


async def walk(caller: Caller, query: str, *, size: int, backward: bool = False) -> list[Any]:
    """All nodes in the list's order; `query` has ARGUMENTS and INFO where those of its one list belong."""
    text = f"query({_VARIABLES}) {query.replace('ARGUMENTS', _ARGUMENTS).replace('INFO', _INFO)}"
    pages: list[list[Any]] = []
    arguments: dict[str, Any] = {"last" if backward else "first": size}
    while True:
        ((connection),) = _connections(await caller.data(text, **arguments))
        nodes, info = connection["nodes"], connection["pageInfo"]
        pages.append(nodes)
        on, back = ("hasPreviousPage", "hasNextPage") if backward else ("hasNextPage", "hasPreviousPage")
        assert info[back] == (len(pages) > 1)
        if not info[on]:
            return [node for page in (pages[::-1] if backward else pages) for node in page]
        assert len(nodes) == size
        arguments |= {"before": info["startCursor"]} if backward else {"after": info["endCursor"]}


def _connections(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for item in data:
            yield from _connections(item)
    elif isinstance(data, dict):
        if "pageInfo" in data:
            yield data
        else:
            yield from _connections(list(data.values()))
