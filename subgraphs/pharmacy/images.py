"""Codes that people show to a camera."""

import segno

_SCALE = 8  # pixels of a module, where nothing else says how large it is


def drawn(text: str) -> str:
    """A text as a QR code: SVG in a `data:` URI. A quarter of it may be unreadable, as screens are scratched."""
    return segno.make(text, error="q", micro=False).svg_data_uri(scale=_SCALE)
