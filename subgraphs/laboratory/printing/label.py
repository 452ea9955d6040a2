"""A label for a specimen as a PDF: its number as a bar code, whose it is, what it is, and when it was collected."""

from datetime import datetime
from pathlib import Path

import zint

from shared.pdf import pdf
from subgraphs.laboratory.codes import SpecimenType
from subgraphs.laboratory.models import Specimen
from subgraphs.laboratory.printing.words import Words

_TEMPLATE = Path(__file__).with_name("label.typ")
TITLE = "Label of specimen {number}"
BORN = "Born {day}"
COLLECTED = "Collected {at}"
NOT_COLLECTED = "Collected: ____________"
SENTENCES = (TITLE, BORN, COLLECTED, NOT_COLLECTED)


def label_of(row: Specimen, name: str, birth_date: str | None, words: Words, made_at: datetime) -> bytes:
    """The PDF, 60 by 30 millimetres; `birth_date` is a date of FHIR."""
    collected = words.say(COLLECTED, at=words.time(row.collected_at)) if row.collected_at else words.say(NOT_COLLECTED)
    data = {
        "language": words.language,
        "title": words.say(TITLE, number=row.barcode),
        "number": row.barcode,
        "name": name,
        "lines": [
            words.say(BORN, day=words.day(birth_date)),
            " ".join(filter(None, (words.of(SpecimenType(row.type)), row.container))),
            collected,
        ],
    }
    return pdf(_TEMPLATE, data, made_at, barcode=_barcode(row.barcode))


def _barcode(number: str) -> str:
    """A number as Code 128 (ISO/IEC 15417) in SVG, with its quiet zones."""
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.CODE128
    symbol.show_text = False
    symbol.outfile = "label.svg"  # which is only kept in memory
    symbol.output_options = zint.OutputOptions.BARCODE_MEMORY_FILE | zint.OutputOptions.BARCODE_QUIET_ZONES
    symbol.encode(number)
    symbol.print()
    return bytes(symbol.memfile or b"").decode()
