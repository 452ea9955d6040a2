"""Migrations, written from the models."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from shared.database.migrations import migrate, write_revision
from shared.service import Service
from stack.databases import scratch
from stack.errors import StackError
from stack.services import ROOT, Subgraph


async def revise(subgraph: Subgraph, message: str) -> Path | None:
    """Write the migration that brings a subgraph's database from its newest schema to its models, if it takes one.

    StackError if the message is another's, whose file Alembic would write over.
    """
    service: Service = import_module(subgraph.module).service
    slug = "_".join(re.findall(r"\w+", message.lower()))
    for other in (service.package / "migrations").glob(f"*_{slug}.py"):
        if other.stem.partition("_")[2] == slug:
            raise StackError(
                f"{other.relative_to(ROOT)} is there already: say in -m what is new, or remove the file first"
            )
    async with scratch() as url:
        await migrate(url, service.package)
        path = await write_revision(url, service.package, service.name, service.metadata, message)
    if path is not None:
        tidy(path)
    return path


def tidy(*paths: Path) -> None:
    """Format what was written as `make check` wants it."""
    for command in (["check", "--fix-only"], ["format"]):
        options = ["--quiet", "--config", str(ROOT / "pyproject.toml")]
        ruff = [sys.executable, "-m", "ruff", *command, *options, *map(str, paths)]
        subprocess.run(ruff, check=True)  # noqa: S603 - our own command
