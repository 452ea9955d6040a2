"""A child process that never outlives us."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from stack.errors import StackError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_POLL_SECONDS = 0.05
_TAIL_LINES = 5
_LARGEST_LOG_BYTES = 10_000_000


class Child:
    """One child process in a session of its own, so that Ctrl+C reaches only us and we end it in order.

    Its output is appended to `log`. Linux sends it `orphan_signal` if we end without having stopped it, however we end.
    It belongs to the thread that starts it: that thread must live as long as the child shall.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > _LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(  # noqa: S603 - every command is put together in this package
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                user=user,
                group=_group_of(user),
                extra_groups=None if user is None else [],
                cwd="/" if user is not None else None,
                start_new_session=True,
                preexec_fn=_bind_to_parent(orphan_signal),  # noqa: PLW1509 - one system call, resolved beforehand
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; a signal's negative number if one ended it."""
        return self._process.poll()

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        while (code := self.exit_code) is None:  # noqa: ASYNC110 - a process that ends sets no event
            await asyncio.sleep(_POLL_SECONDS)
        return code

    async def until(self, ready: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
        """Wait until `ready` is true; raise `StackError` with the end of the log if it ends or stays silent."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await ready():
            if self.exit_code is not None:
                raise StackError(f"{self.name} ended with status {self.exit_code} while it started: {self.log_tail()}")
            if asyncio.get_running_loop().time() > deadline:
                raise StackError(f"{self.name} did not answer within {seconds:.0f} s; see {self._log}")
            await asyncio.sleep(_POLL_SECONDS)

    async def stop(self, how: signal.Signals = signal.SIGTERM, *, grace: float = 10) -> None:
        """Ask it to end; after `grace` seconds, or if we may not wait that long, end it and all that it started."""
        try:
            if self.exit_code is None:
                self._process.send_signal(how)
            async with asyncio.timeout(grace):
                await self.wait()
        except TimeoutError:
            pass
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and all that it started, now."""
        if self.exit_code is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self) -> str:
        """The end of what it has written since it was started, as one line."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").split("\n")
        return " | ".join([line.strip() for line in lines if line.strip()][-_TAIL_LINES:]) or f"see {self._log}"


def running(child: Child | None) -> Child:
    """The child of something that has been started."""
    if child is None:
        raise RuntimeError("it has not been started")
    return child


def _group_of(user: str | None) -> int | None:
    if user is None:
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid


def _bind_to_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child does between fork and exec, after it has become its user (which would undo it)."""
    if _LIBC is None:
        return None
    parent, prctl = os.getpid(), _LIBC.prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:
            os._exit(1)

    return bind
