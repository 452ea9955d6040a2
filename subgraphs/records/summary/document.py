"""A patient's record as a PDF that is tagged for screen readers (PDF/UA-1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import orjson
import typst

from subgraphs.records.summary.sections import Content


def document(facts: Mapping[str, str], contents: Sequence[Content], made_at: datetime) -> bytes:
    """The PDF; `facts` say whose record it is."""
    sections = [
        {"title": each.of.title, "lines": list(map(each.of.line, each.rows)), "nothing": each.nothing}
        for each in contents
    ]
    data = orjson.dumps({"facts": facts, "sections": sections, "made": f"{made_at:%Y-%m-%d %H:%M} UTC"}).decode()
    try:
        return _compiled(data, made_at, ["ua-1"])
    except typst.TypstError:  # characters for which this machine has no font, which the standard forbids
        return _compiled(data, made_at, [])


def _compiled(data: str, made_at: datetime, standards: list[Literal["ua-1"]]) -> bytes:
    made: bytes = typst.compile(  # type: ignore[call-overload]  # whose stub leaves a variable open
        _template(), format="pdf", pdf_standards=standards, sys_inputs={"data": data}, timestamp=made_at
    )
    return made


@cache
def _template() -> bytes:
    return Path(__file__).with_name("document.typ").read_bytes()
