"""The judges' packages, their output, and Node processes that answer line by line."""

import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORK = HERE.parents[1] / ".local" / "judges"
LINE = 64 * 1024 * 1024  # bytes, at most
ENVIRONMENT = {**os.environ, "APOLLO_TELEMETRY_DISABLED": "true", "NO_PROXY": "127.0.0.1"}


def install() -> None:
    """Put the judges and the packages that they name beside the repository's own state. Raises CalledProcessError."""
    WORK.mkdir(parents=True, exist_ok=True)
    for path in (HERE / "package.json", *HERE.glob("*.mjs")):
        shutil.copy(path, WORK)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=WORK, check=True)  # noqa: S603 - nothing of it is given


def write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Node:
    """A process that gives a line for each line, both JSON."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The result of one job. Raises EOFError if the process has ended."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(job).encode() + b"\n")
        await stdin.drain()
        line = await stdout.readline()
        if not line:
            raise EOFError("the judge has ended")
        result: dict[str, Any] = json.loads(line)
        return result


@asynccontextmanager
async def node(script: str) -> AsyncIterator[Node]:
    process = await create_subprocess_exec(
        "node", script, cwd=WORK, env=ENVIRONMENT, limit=LINE, stdin=PIPE, stdout=PIPE
    )
    try:
        yield Node(process)
    finally:
        process.kill()
        await process.wait()
