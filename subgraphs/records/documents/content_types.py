"""What the bytes of a document are. Each type that is taken is proven by its structure; nothing is guessed.

What would be a second thing to another program, such as an archive or a page with scripts, is taken as neither.
"""

import re
from collections.abc import Callable
from xml.parsers import expat

from subgraphs.records.codes import DocumentContentType, DocumentRejection

_HEADER = (
    1445  # how far browsers look for what something is: https://mimesniff.spec.whatwg.org/#reading-the-resource-header
)
_MARKUP = re.compile(rb"<(!doctype|html|head|body|script|iframe|object|embed|meta|svg)\b|<\?php", re.IGNORECASE)
_PDF = re.compile(rb"%PDF-[12]\.[0-9]")
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_TIFF = re.compile(rb"II\x2a\0|MM\0\x2a")
_OTHER_TEXT = re.compile(r"[^\t\n\f\r\x20-\x7e\x80-\U0010ffff]|\A\s*(#!|%!|%PDF|\{\\rtf|<[!?])|[\x80-\x9f]")
_DICOM_PREAMBLE = 128
_END_OF_ARCHIVE, _ENTRY_OF_ARCHIVE = b"PK\x05\x06", b"PK\x01\x02"  # ZIP's, of which the first is near the end
_LONGEST_END = 22 + 0xFFFF
_CDA = "urn:hl7-org:v3 ClinicalDocument"
_SCRIPTED = ("http://www.w3.org/1999/xhtml ", "http://www.w3.org/2000/svg ")  # what browsers execute in any XML


def rejection(content: bytes, content_type: DocumentContentType) -> DocumentRejection | None:
    """Why content is not taken as that of a type; None if it is."""
    if not content:
        return DocumentRejection.EMPTY
    if not _CHECKS[content_type](content):
        return DocumentRejection.OTHER_TYPE
    return DocumentRejection.AMBIGUOUS if _is_archive(content) or _MARKUP.search(content[:_HEADER]) else None


def _is_archive(content: bytes) -> bool:
    return _END_OF_ARCHIVE in content[-_LONGEST_END:] and _ENTRY_OF_ARCHIVE in content


def _is_pdf(content: bytes) -> bool:
    """ISO 32000-2, 7.5: from the first byte to the last; readers take more, which lets other things stand before and after."""
    return _PDF.match(content) is not None and content[-64:].rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF")


def _is_jpeg(content: bytes) -> bool:
    """ISO/IEC 10918-1, annex B; cameras write more after the end of the image."""
    return content.startswith(b"\xff\xd8\xff") and content.rfind(b"\xff\xd9") > 0


def _is_png(content: bytes) -> bool:
    """ISO/IEC 15948, clause 5: chunks to the last one, and nothing after it."""
    place = len(_PNG) - 8
    while content.startswith(_PNG) and place + 12 <= len(content):
        kind = content[place + 4 : place + 8]
        place += 12 + int.from_bytes(content[place : place + 4], "big")
        if kind == b"IEND":
            return place == len(content)
    return False


def _is_tiff(content: bytes) -> bool:
    """TIFF 6.0, section 2: the first directory is in the file."""
    order = "little" if content.startswith(b"II") else "big"
    directory = int.from_bytes(content[4:8], order)  # type: ignore[arg-type]  # one of the two literals
    return _TIFF.match(content) is not None and 8 <= directory <= len(content) - 2


def _is_dicom(content: bytes) -> bool:
    """DICOM PS3.10, 7.1 and 7.5: nothing or a TIFF's head stands in the preamble, where programs have been hidden."""
    preamble = content[:_DICOM_PREAMBLE]
    return content[_DICOM_PREAMBLE:].startswith(b"DICM\x02\0") and (not any(preamble) or bool(_TIFF.match(preamble)))


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters that is no script and no source of another kind of document."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return _OTHER_TEXT.search(text) is None


def _is_cda(content: bytes) -> bool:
    """HL7 CDA R2, 4.1: well-formed, with the root of a clinical document; no entities, and nothing that browsers execute."""
    names = list[str]()

    def begin(name: str, _: object) -> None:
        if not names:
            names.append(name)
        if name.startswith(_SCRIPTED):
            raise _Refused

    def refuse(*_: object) -> None:
        raise _Refused

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = begin, refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError, _Refused):
        return False
    return names == [_CDA]


class _Refused(Exception):
    pass


_CHECKS: dict[DocumentContentType, Callable[[bytes], bool]] = {
    DocumentContentType.PDF: _is_pdf,
    DocumentContentType.JPEG: _is_jpeg,
    DocumentContentType.PNG: _is_png,
    DocumentContentType.TIFF: _is_tiff,
    DocumentContentType.DICOM: _is_dicom,
    DocumentContentType.TEXT: _is_text,
    DocumentContentType.CDA: _is_cda,
}
