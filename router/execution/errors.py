"""Errors of subgraphs as the client sees them: with the client's paths and the name of the subgraph."""

from collections.abc import Iterable, Iterator
from typing import Any

from router.execution.data import ResponsePath
from router.planning.normalize import Selection
from router.planning.plan import Rename
from router.translations import gettext_noop

REDACTED = gettext_noop("the subgraph could not answer")


class SubgraphFailure(Exception):
    """A request to a subgraph gave no GraphQL response. `code` goes into `extensions.code`.

    In `sentence`, `{service}` stands for the subgraph's name, `{status}` for an HTTP status.
    """

    def __init__(
        self,
        subgraph: str,
        sentence: str,
        code: str = "SUBREQUEST_HTTP_ERROR",
        status: int | None = None,
        **values: str,
    ) -> None:
        super().__init__(sentence.format(service=subgraph, status=status, **values))
        self.subgraph = subgraph
        self.code = code
        self.status = status


def failure_errors(failure: SubgraphFailure, paths: Iterable[ResponsePath]) -> Iterator[dict[str, Any]]:
    """An error for each field that is missing because of a failed request."""
    extensions: dict[str, Any] = {"code": failure.code, "service": failure.subgraph}
    if failure.status is not None:
        extensions["http"] = {"status": failure.status}
    for path in paths:
        yield {"message": str(failure), "path": list(path), "extensions": extensions}


def subgraph_error(error: Any, subgraph: str, path: ResponsePath, *, redact: bool) -> dict[str, Any]:
    """A subgraph's error for the client. Locations are left out: they are of the subgraph's operation."""
    known = error if isinstance(error, dict) else {"message": str(error)}
    made: dict[str, Any] = {"message": REDACTED if redact else str(known.get("message", "unknown error"))}
    if path:
        made["path"] = list(path)
    extensions = known.get("extensions")
    made["extensions"] = {**(extensions if isinstance(extensions, dict) and not redact else {}), "service": subgraph}
    return made


def error_path(error: Any) -> list[str | int]:
    """The path that a subgraph's error has; none if it has no good one."""
    path = error.get("path") if isinstance(error, dict) else None
    return path if isinstance(path, list) and all(isinstance(step, str | int) for step in path) else []


def visible(selection: Selection, path: Iterable[str | int]) -> ResponsePath:
    """The longest part of a path in the router's data that is in the client's selection."""
    found: list[str | int] = []
    current: list[Selection] = [selection]
    for step in path:
        if isinstance(step, int):
            found.append(step)
            continue
        fields = [field for one in current for field in one.fields if field.key == step]
        if not fields:
            break
        found.append(step)
        current = [field.selection for field in fields if field.selection is not None]
    return tuple(found)


def renamed(path: Iterable[str | int], renames: tuple[Rename, ...]) -> ResponsePath:
    """A path in a subgraph's answer as one in the router's data."""
    aliases: list[str] = []
    found: list[str | int] = []
    for step in path:
        if isinstance(step, str):
            keys = [one.key for one in renames if one.path == tuple(aliases) and one.alias == step]
            aliases.append(step)
            found.append(keys[0] if keys else step)
        else:
            found.append(step)
    return tuple(found)


def null_errors(
    errors: list[dict[str, Any]], violations: list[tuple[ResponsePath, str]], data: Any
) -> list[dict[str, Any]]:
    """An error for each null that the schema does not allow and no error explains yet."""
    told = [[step for step in error.get("path") or () if step != "@"] for error in errors]
    made = []
    for path, coordinate in violations:
        if not any(_explains(one, path) for one in told) and not (told and data is None):
            message = gettext_noop("Cannot return null for non-nullable field {field}.").format(field=coordinate)
            made.append({"message": message, "path": list(path), "extensions": {"code": "NULL_IN_NON_NULL_FIELD"}})
    return made


def _explains(told: list[str | int], path: ResponsePath) -> bool:
    """Whether an error may be the cause of a null: one of the same object, or of one around or in it.

    A subgraph that had an error may have made null more than the field of the error. Paths of denied fields have no
    list indexes.
    """
    at = path if any(isinstance(step, int) for step in told) else tuple(one for one in path if isinstance(one, str))
    for number, (one, other) in enumerate(zip(told, at, strict=False)):
        if one != other:
            return number > 0 and isinstance(one, str)
    return bool(told)
