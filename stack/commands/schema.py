"""`caregraph schema`: the graph's schema, from the code."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stack import schema

app = typer.Typer(help="Compose the graph's schema from the code, check it, compare it.", no_args_is_help=True)
console = Console()
errors = Console(stderr=True)


@app.command()
def compose() -> None:
    """Compose the subgraphs and write `schema/`."""
    files = _files()
    changed = schema.drift(files)
    schema.write(files)
    console.print(f"schema/: {len(files)} files, {len(changed)} changed")


@app.command()
def check() -> None:
    """Fail if `schema/` is not what the code says, or if the API breaks clients without a declaration."""
    files = _files()
    changed = schema.drift(files)
    for name in changed:
        errors.print(f"schema/{name} is not what the code says: run `caregraph schema compose`")
    released = schema.RELEASED.read_text()
    undeclared = schema.undeclared(schema.breaking_changes(released, files[schema.API]))
    for change in undeclared:
        errors.print(f"{change.type.name}: {change.description}")
    if undeclared:
        errors.print(
            "These break clients of the released schema: undo them, or declare each in schema/breaking.yaml, as"
        )
        errors.print("`<the sentence above>: <why, and what clients do instead>`")
    if changed or undeclared:
        raise typer.Exit(1)
    console.print("schema/ is what the code says, and breaks no client")


@app.command()
def diff(
    old: Annotated[
        Path, typer.Argument(help="An API schema; the released one if absent.", exists=True)
    ] = schema.RELEASED,
    new: Annotated[Path, typer.Argument(help="Another; the one in schema/ if absent.", exists=True)] = schema.FOLDER
    / schema.API,
) -> None:
    """Say what in a new API schema breaks clients of an old one; exit 1 if anything does."""
    changes = schema.breaking_changes(old.read_text(), new.read_text())
    for change in changes:
        console.print(f"{change.type.name}: {change.description}")
    if changes:
        raise typer.Exit(1)
    console.print("Nothing breaks.")


@app.command()
def release() -> None:
    """Take the API schema as it is for released: what breaks it from now on has to be declared."""
    schema.RELEASED.write_text((schema.FOLDER / schema.API).read_text())
    schema.DECLARED.unlink(missing_ok=True)
    console.print(f"{schema.RELEASED.relative_to(schema.ROOT)} is the API schema of now")


def _files() -> dict[str, str]:
    composed = schema.composition()
    for error in composed.errors:
        errors.print(f"{error.code}: {error.message}")
    if composed.supergraph_sdl is None or composed.api_schema_sdl is None:
        raise typer.Exit(1)
    return schema.generate(composed.supergraph_sdl, composed.api_schema_sdl)
