"""PDFs that are tagged for screen readers (PDF/UA-1), each made of a template of Typst and the data that are shown in it."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson
import typst


def pdf(template: Path, data: Any, made_at: datetime, **inputs: str) -> bytes:
    """The PDF; the template finds the data as JSON in `sys.inputs.data`, where text is never markup, and other inputs."""
    given = {"data": orjson.dumps(data).decode(), **inputs}
    try:
        return _compiled(template, given, made_at, ["ua-1"])
    except typst.TypstError:  # characters for which this machine has no font, which the standard forbids
        return _compiled(template, given, made_at, [])


def _compiled(template: Path, given: dict[str, str], made_at: datetime, standards: list[Literal["ua-1"]]) -> bytes:
    made: bytes = typst.compile(  # type: ignore[call-overload]  # whose stub leaves a variable open
        _read(template), format="pdf", pdf_standards=standards, sys_inputs=given, timestamp=made_at
    )
    return made


@cache
def _read(template: Path) -> bytes:
    return template.read_bytes()
