"""The `compose` command: exit 0 with the supergraph, exit 1 with errors on standard error."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from router.composition.compose import Composition, compose
from router.composition.config import ConfigError, load
from router.composition.errors import CompositionError, Hint


def run(config: str | Path, output: str | Path | None, format: str = "text") -> int:
    """Composes what a `supergraph.yaml` names.

    As text, the supergraph goes to `output` or standard output, errors and hints to standard error. As JSON, standard
    output is one object: `{"supergraph", "apiSchema", "errors", "hints"}`; `output` gets the supergraph all the same.
    """
    try:
        composition = compose(load(config))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if composition.supergraph_sdl is not None and output:
        try:
            Path(output).write_text(composition.supergraph_sdl, encoding="utf-8")
        except OSError as error:
            sys.stderr.write(f"{output}: {error.strerror}\n")
            return 1
    if format == "json":
        sys.stdout.write(json.dumps(_as_json(composition), indent=2, ensure_ascii=False) + "\n")
    elif composition.supergraph_sdl is not None and not output:
        sys.stdout.write(composition.supergraph_sdl)
    if format == "text" or composition.errors:
        _write_errors(composition)
    return 1 if composition.errors else 0


def _write_errors(composition: Composition) -> None:
    for error in composition.errors:
        sys.stderr.write(f"{error}\n")
        for location in error.locations:
            sys.stderr.write(f"    at {location}\n")


def _as_json(composition: Composition) -> dict[str, object]:
    return {
        "supergraph": composition.supergraph_sdl,
        "apiSchema": composition.api_schema_sdl,
        "errors": [_entry(error.code.name, error) for error in composition.errors],
        "hints": [_entry(hint.code, hint) for hint in composition.hints],
    }


def _entry(code: str, item: CompositionError | Hint) -> dict[str, object]:
    return {
        "code": code,
        "message": item.message,
        "subgraphs": list(item.subgraphs),
        "locations": [{"subgraph": each.subgraph, "line": each.line, "column": each.column} for each in item.locations],
    }
