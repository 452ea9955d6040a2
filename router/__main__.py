"""The command line: `python -m router serve | compose | plan | config-schema`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:  # composing and planning need no configuration
    from router.config import Config

app = typer.Typer(
    name="router",
    help="An Apollo Federation 2 router and composer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def serve(
    supergraph: Annotated[Path | None, typer.Option(help="The composed supergraph's SDL.")] = None,
    subgraphs: Annotated[Path | None, typer.Option(help="Compose from this supergraph.yaml instead.")] = None,
    config: Annotated[Path | None, typer.Option(help="The router's configuration, YAML.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that serve the port.", min=1)] = None,
) -> None:
    """Serve a supergraph at /graphql, over HTTP and WebSocket."""
    from router.config import ConfigurationError, load
    from router.http.server import run
    from router.http.supergraphs import SupergraphUnavailableError

    try:
        run(_override(load(config), supergraph, subgraphs, host=host, port=port, workers=workers))
    except (ConfigurationError, SupergraphUnavailableError) as error:
        for line in str(error).splitlines():
            typer.echo(f"router: {line}", err=True)
        sys.exit(2)


@app.command()
def compose(
    config: Annotated[Path, typer.Option(help="supergraph.yaml: the subgraphs and where their SDL is.")],
    output: Annotated[Path | None, typer.Option(help="Write the supergraph here instead of standard output.")] = None,
    format: Annotated[str, typer.Option(help="text, or json for the result with errors and hints.")] = "text",
) -> None:
    """Compose subgraphs to a supergraph; errors go to standard error, exit code 1."""
    from router.composition.command import run

    sys.exit(run(config, output, format))


@app.command()
def plan(
    supergraph: Annotated[Path, typer.Option(help="The composed supergraph's SDL.")],
    operation: Annotated[Path, typer.Option(help="The operation, GraphQL.")],
    stages: Annotated[bool, typer.Option(help="Show each stage of planning.")] = False,
    source: Annotated[bool, typer.Option(help="Show the compiled code.")] = False,
) -> None:
    """Show how an operation is planned."""
    from router.planning.command import run

    sys.exit(run(supergraph, operation, stages=stages, source=source))


@app.command("config-schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration."""
    from router.config import Config

    typer.echo(json.dumps(Config.model_json_schema(), indent=2))


def _override(config: Config, supergraph: Path | None, subgraphs: Path | None, **server: Any) -> Config:
    """The command line goes before the file."""
    server = {name: value for name, value in server.items() if value is not None}
    source: dict[str, Any] = {}
    if supergraph is not None or subgraphs is not None:
        source = {"file": supergraph, "subgraphs": subgraphs, "sdl": None}
    return config.model_copy(
        update={
            "server": config.server.model_copy(update=server),
            "supergraph": config.supergraph.model_copy(update=source),
        }
    )


if __name__ == "__main__":
    app()
