"""Runs a module and notes, each time that it has spent some CPU time, what it was doing.

    python -m bench.measure.sampler OUTPUT MODULE ARGUMENT...

The kernel's profiling timer counts CPU time, not seconds, so that waiting is not seen. Time in C belongs to the Python
function that called it. SIGUSR1 forgets what was noted so far: the start, and the first requests.
"""

import json
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

PLAN = "<plan>"
"""The file of generated code, of which lines are noted, not only functions."""
_EVERY_SECONDS = 0.01  # the kernel's own step on many machines
_DEEPEST = 40


def main() -> None:
    output, module, *arguments = sys.argv[1:]
    samples: Counter[tuple[str, ...]] = Counter()

    def note(_: int, frame: FrameType | None) -> None:
        stack: list[str] = []
        while frame is not None and len(stack) < _DEEPEST:
            place = f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}"
            stack.append(f"{place}:{frame.f_lineno or 0}" if frame.f_code.co_filename == PLAN else place)
            frame = frame.f_back
        samples[tuple(stack)] += 1

    signal.signal(signal.SIGPROF, note)
    signal.signal(signal.SIGUSR1, lambda *_: samples.clear())
    signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(output).write_text(json.dumps([[stack, count] for stack, count in samples.items()]))


if __name__ == "__main__":
    main()
