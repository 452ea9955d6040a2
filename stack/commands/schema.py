"""`caregraph schema`: the graph's schema, from the code."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stack.services import ROOT

group = typer.Typer(help="Compose the graph's schema from the code, check it, compare it.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(group, name="schema")
console = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)


@group.command()
def compose() -> None:
    """Compose the subgraphs; write `schema/`, and what `stack/router.yaml` and `docker-compose.yml` say of them."""
    from stack import schema

    files = _files()
    changed = schema.drift(files)
    schema.write(files)
    console.print(f"{len(files)} files, {len(changed)} changed")


@group.command()
def check() -> None:
    """Fail if what `compose` writes is not what the code says, or if the API breaks clients without a declaration."""
    from stack import schema

    files = _files()
    changed = schema.drift(files)
    for name in changed:
        errors.print(f"{name} is not what the code says: run `caregraph schema compose`")
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
    console.print("every file is what the code says, and the schema breaks no client")


@group.command()
def diff(
    old: Annotated[Path | None, typer.Argument(help="An API schema; the released one if absent.", exists=True)] = None,
    new: Annotated[Path | None, typer.Argument(help="Another; the one in schema/ if absent.", exists=True)] = None,
    operations: Annotated[
        list[Path] | None, typer.Option(help="A client's manifest of persisted operations, Apollo's or Relay's.")
    ] = None,
) -> None:
    """Say what in a new API schema breaks clients of an old one, and which of their operations; exit 1 if anything does."""
    from stack import clients, schema

    before = schema.build((old or schema.RELEASED).read_text())
    after = schema.build((new or ROOT / schema.API).read_text())
    known = [one for path in operations or () for one in clients.read_manifest(path)]
    refused = dict(clients.invalid(before, known))
    for one, reason in refused.items():
        errors.print(f"{one} is not valid as it is: {reason}", markup=False)
    found = clients.breaks(before, after, [one for one in known if one not in refused])
    for each in found:
        console.print(f"{each.change.type.name}: {each.change.description}", markup=False)
        for one in each.operations:
            console.print(f"  breaks {one}", markup=False)
        if known and not each.operations:
            console.print("  breaks no known operation")
    named = {*refused, *(one for each in found for one in each.operations)}
    for one, reason in clients.invalid(after, (one for one in known if one not in named)):
        console.print(f"These together break {one}: {reason}", markup=False)
    if found:
        raise typer.Exit(1)
    console.print("Nothing breaks.")


@group.command()
def release() -> None:
    """Take the API schema as it is for released: what breaks it from now on has to be declared."""
    from stack import schema, schema_changes

    schema_changes.release(datetime.now(UTC).date())
    schema.RELEASED.write_text((ROOT / schema.API).read_text())
    schema.DECLARED.unlink(missing_ok=True)
    console.print(f"{schema.RELEASED.relative_to(ROOT)} is the API schema of now")


@group.command()
def contract(
    role: Annotated[str, typer.Option(help="A role such as PATIENT.")],
    output: Annotated[Path | None, typer.Option(help="A file to write; standard output if absent.")] = None,
) -> None:
    """Write the API schema that a role may ever see, for its documentation and its clients' types."""
    from stack import schema
    from stack.contract import contract as write
    from stack.errors import StackError
    from subgraphs.identity.roles import SCOPES, BuiltInRole

    if role.upper() not in BuiltInRole.__members__:
        raise StackError(f"there is no role {role}; there are {', '.join(BuiltInRole)}")
    api, supergraph = ((ROOT / path).read_text() for path in (schema.API, schema.SUPERGRAPH))
    text = write(api, supergraph, SCOPES[BuiltInRole[role.upper()]])
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)


def _files() -> dict[str, str]:
    from stack import schema

    composed = schema.composition()
    for error in composed.errors:
        errors.print(f"{error.code}: {error.message}")
    if composed.supergraph_sdl is None or composed.api_schema_sdl is None:
        raise typer.Exit(1)
    return schema.generate(composed.supergraph_sdl, composed.api_schema_sdl)
