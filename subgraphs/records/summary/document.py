"""A patient's record as a PDF."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from shared.pdf import pdf
from subgraphs.records.summary.sections import Content

_TEMPLATE = Path(__file__).with_name("document.typ")


def document(facts: Mapping[str, str], contents: Sequence[Content], made_at: datetime) -> bytes:
    """The PDF; `facts` say whose record it is."""
    sections = [
        {"title": each.of.title, "lines": list(map(each.of.line, each.rows)), "nothing": each.nothing}
        for each in contents
    ]
    return pdf(_TEMPLATE, {"facts": facts, "sections": sections, "made": f"{made_at:%Y-%m-%d %H:%M} UTC"}, made_at)
