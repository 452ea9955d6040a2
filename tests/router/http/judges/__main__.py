"""Runs the judges against a router of our own: `python -m tests.router.http.judges`. Needs Node and npm's registry."""

import asyncio
import shutil
import sys
from pathlib import Path

from tests.router.http.graph import running

HERE = Path(__file__).parent
WORK = Path(__file__).parents[4] / ".local" / "judges"


async def judge() -> int:
    """Install the judges beside the repository's own state, and run them; their exit code."""
    await asyncio.to_thread(WORK.mkdir, parents=True, exist_ok=True)
    for name in ("package.json", "judge.mjs"):
        await asyncio.to_thread(shutil.copy, HERE / name, WORK / name)
    install = await asyncio.create_subprocess_exec("npm", "install", "--silent", "--no-audit", "--no-fund", cwd=WORK)
    if await install.wait() != 0:
        return 2
    async with running({"telemetry": {"access_log": False}}) as graph:
        process = await asyncio.create_subprocess_exec("node", "judge.mjs", graph.url, cwd=WORK)
        return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(judge()))
