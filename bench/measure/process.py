"""Processes that are measured: started on a core of their own, accounted for by the kernel, ended."""

import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
_GRACE_SECONDS = 15
CORES = sorted(psutil.Process().cpu_affinity())
LOAD_CORE, MEASURED_CORE = CORES[0], CORES[-1]


class MeasurementError(Exception):
    """A measurement could not be made; the message says why."""


class Measured:
    """A process with all that it started."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._popen = process
        self._process = psutil.Process(process.pid)
        self._log = log

    def check(self) -> None:
        """Raises MeasurementError with its last words if it has ended."""
        if self._popen.poll() is not None:
            raise MeasurementError(f"it ended: {self._log.read_text(errors='replace')[-2000:]}")

    def all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """User and system time so far of all threads that are still there."""
        return sum(cpu_seconds(one) for one in self.all())

    def peak_mb(self) -> float:
        """The most memory that each process has ever held, added up; what they share counts for each."""
        return sum(_peak_mb(one.pid) for one in self.all())


def cpu_seconds(process: psutil.Process) -> float:
    """To the nanosecond, where `/proc/PID/stat` counts in steps of 10 ms."""
    total = 0
    for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended by now
            total += int(thread.read_text().split()[0])
    return total / 1e9


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, core: int | None = MEASURED_CORE
) -> Iterator[Measured]:
    """Run a command on one core (None: on any) until the block ends."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output, on(core):
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        try:
            yield Measured(process, log)
        finally:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def on(core: int | None) -> Iterator[None]:
    """We, and what is started in the block, run on this core (None: on any)."""
    ours = psutil.Process()
    before = ours.cpu_affinity()
    ours.cpu_affinity(CORES if core is None else [core])
    try:
        yield
    finally:
        ours.cpu_affinity(before)


def python(*arguments: str | Path) -> list[str | Path]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", *arguments]


def machine() -> dict[str, Any]:
    """On what the figures were measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(CORES),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
