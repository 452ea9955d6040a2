"""`caregraph logs`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from stack import local
from stack.errors import StackError

app = typer.Typer()

_POLL_SECONDS = 0.2


@app.command()
def logs(
    service: Annotated[
        str | None, typer.Argument(help="Only this service or server, such as identity or kafka.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines of each.")] = 20,
) -> None:
    """Show what services and servers have written."""
    files = {path.stem: path for path in sorted(local.logs().glob("*.log"))}
    if service is not None and service not in files:
        raise StackError(f"there is no log of {service!r}; there are {', '.join(files) or 'none yet'}")
    chosen = {name: path for name, path in files.items() if service in (None, name)}
    width = max(map(len, chosen), default=0)
    positions = {name: _show(name.ljust(width), path, lines) for name, path in chosen.items()}
    while follow:
        time.sleep(_POLL_SECONDS)
        for name, path in chosen.items():
            positions[name] = _show_new(name.ljust(width), path, positions[name])


def _show(label: str, path: Path, lines: int) -> int:
    """Print a log's last lines; return its size."""
    content = path.read_bytes()
    for line in content.splitlines()[-lines:] if lines else []:
        _print(label, line)
    return len(content)


def _show_new(label: str, path: Path, position: int) -> int:
    """Print the whole lines after `position`; return where they end."""
    size = path.stat().st_size
    with path.open("rb") as log:
        log.seek(position if size >= position else 0)  # a log that has become too long begins anew
        for line in log:
            if not line.endswith(b"\n"):
                return log.tell() - len(line)
            _print(label, line)
        return log.tell()


def _print(label: str, line: bytes) -> None:
    typer.echo(f"{label} | {line.decode(errors='replace').rstrip()}")
