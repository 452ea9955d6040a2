"""Files of a FHIR bulk export: newline-delimited JSON, one file or more a resource type.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---output-files
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# `Patient.ndjson`, `Patient.1793491200000.ndjson`; not an export's own `log.ndjson`.
_NAME = re.compile(r"(?P<type>[A-Z][A-Za-z]+)(\.[^.]+)?\.ndjson")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty, without a byte order mark.

    `number` counts from 1; `size` is how many bytes were read for it.
    """

    number: int
    content: bytes
    size: int


def files_by_type(folder: Path) -> dict[str, list[Path]]:
    """The export's files by resource type, in order."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match and path.is_file():
            found.setdefault(match["type"], []).append(path)
    return found


def lines(path: Path) -> Iterator[Line]:
    """The lines of a file, one at a time."""
    size = 0
    with path.open("rb") as file:
        for number, read in enumerate(file, start=1):
            size += len(read)
            content = read.removeprefix(codecs.BOM_UTF8).strip()
            if content:
                yield Line(number, content, size)
                size = 0
