"""The router's data while a plan runs: plain dicts and lists, one tree for all subgraphs' answers."""

from collections.abc import Iterator
from typing import Any

from router.planning.plan import Path, Rename

Object = dict[str, Any]
ResponsePath = tuple[str | int, ...]


def objects_at(root: Object, path: Path) -> list[Object]:
    """The objects at a path, in order, those in lists one by one."""
    current = [root]
    for step in path:
        found: list[Object] = []
        for item in current:
            if step.types is None or item.get("__typename") in step.types:
                _gather(item.get(step.key), found)
        current = found
    return current


def _gather(value: Any, found: list[Object]) -> None:
    if isinstance(value, dict):
        found.append(value)
    elif isinstance(value, list):
        for item in value:
            _gather(item, found)


def located(root: Object, path: Path, at: ResponsePath = ()) -> Iterator[tuple[ResponsePath, Object]]:
    """The objects at a path with where they are, in the order of `objects_at`."""
    if not path:
        yield at, root
        return
    step = path[0]
    if step.types is None or root.get("__typename") in step.types:
        for here, item in _located(root.get(step.key), (*at, step.key)):
            yield from located(item, path[1:], here)


def _located(value: Any, at: ResponsePath) -> Iterator[tuple[ResponsePath, Object]]:
    if isinstance(value, dict):
        yield at, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _located(item, (*at, index))


def merge(target: Object, source: Object) -> None:
    """Merge a subgraph's object into the router's, deep; what is there and not null stays."""
    for key, value in source.items():
        known = target.get(key)
        if known is None:
            target[key] = value
        elif isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            _merge_lists(known, value)


def _merge_lists(target: list[Any], source: list[Any]) -> None:
    for index, value in enumerate(source[: len(target)]):
        known = target[index]
        if known is None:
            target[index] = value
        elif isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            _merge_lists(known, value)


def remove_invalid_type_names(value: Any) -> None:
    """Remove type names that are no names, so that they may be looked up."""
    if isinstance(value, dict):
        if not isinstance(value.get("__typename", ""), str):
            del value["__typename"]
        for item in value.values():
            remove_invalid_type_names(item)
    elif isinstance(value, list):
        for item in value:
            remove_invalid_type_names(item)


def copied(value: Any) -> Any:
    """A deep copy of JSON data."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def undo_renames(root: Any, renames: tuple[Rename, ...]) -> None:
    """Give renamed fields their keys back, the inner ones first, whose paths still have the outer aliases."""
    for rename in reversed(renames):
        current: list[Object] = []
        _gather(root, current)
        for key in rename.path:
            found: list[Object] = []
            for item in current:
                _gather(item.get(key), found)
            current = found
        for item in current:
            if rename.alias in item:
                item[rename.key] = item.pop(rename.alias)
