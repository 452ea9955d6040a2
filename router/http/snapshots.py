"""The metrics of all workers, whichever of them is asked.

Each worker writes its own to a file now and then. Counts are added up, those of workers that died included; what else is
measured is told for each worker that lives.
"""

import asyncio
import os
from collections import defaultdict
from pathlib import Path

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

_PAUSE = 1.0  # seconds
_ADDED_UP = frozenset(("counter", "histogram", "summary"))


class Snapshots:
    """The files in a folder that workers share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self) -> None:
        """Write this worker's until cancelled."""
        while True:
            self.write()
            await asyncio.sleep(_PAUSE)

    def write(self) -> None:
        whole = self._folder / str(os.getpid())
        part = whole.with_suffix(".part")
        part.write_bytes(generate_latest(REGISTRY))
        part.rename(whole)

    def merged(self) -> bytes:
        """All, in Prometheus's text format."""
        self.write()
        kinds: dict[str, tuple[str, str]] = {}
        samples: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
        for file in sorted(self._folder.iterdir()):
            if not file.name.isdigit():
                continue
            for family in text_string_to_metric_families(file.read_text()):
                is_added = family.type in _ADDED_UP
                if not is_added and not Path("/proc", file.name).exists():
                    continue
                kinds[family.name] = (family.documentation, family.type)
                for sample in family.samples:
                    labels = sample.labels if is_added else {**sample.labels, "worker": file.name}
                    if not sample.name.endswith("_created"):
                        samples[family.name][sample.name, _text(labels)] += sample.value
        return "".join(
            f"# HELP {name} {_escape(documentation)}\n# TYPE {name} {kind}\n"
            + "".join(f"{each}{labels} {value}\n" for (each, labels), value in samples[name].items())
            for name, (documentation, kind) in kinds.items()
        ).encode()


def _text(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
