"""Looking at processes from outside."""

import asyncio
from collections.abc import Iterable

import psutil


def descendants(pid: int) -> set[int]:
    """A process's children, theirs, and so on."""
    return {child.pid for child in psutil.Process(pid).children(recursive=True)}


async def gone(pids: Iterable[int], *, seconds: float = 10) -> set[int]:
    """Wait until none of these processes runs; return those that still do."""
    alive = set(pids)
    for _ in range(1 + int(seconds / 0.05)):
        alive = set(filter(_runs, alive))
        if not alive:
            break
        await asyncio.sleep(0.05)
    return alive


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
