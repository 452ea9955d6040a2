"""Files that documents are tested with: the smallest of each type that is taken, and what only looks like one."""

import io
import struct
import zipfile
import zlib


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _archive(comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "x")
        archive.comment = comment
    return file.getvalue()


PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + _chunk(b"IEND")
TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
DICOM = bytes(128) + b"DICM\x02\0\0\0UL\x04\0\0\0\0\0"
TEXT = "Befund: unauffällig.\r\n\tKontrolle in 3 Monaten.\n".encode()
CDA = b'<?xml version="1.0"?>\n<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>'
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

TAKEN = {"PDF": PDF, "JPEG": JPEG, "PNG": PNG, "TIFF": TIFF, "DICOM": DICOM, "TEXT": TEXT, "CDA": CDA}

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>' + CDA[CDA.index(b"<Cl") :]
_XHTML = (
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><x:script xmlns:x="http://www.w3.org/1999/xhtml"/></ClinicalDocument>'
)

REFUSED: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("TEXT", b"", "DOCUMENT_EMPTY"),
    "HTML as PDF": ("PDF", b"<html><script>alert(1)</script></html>", "DOCUMENT_OTHER_TYPE"),
    "HTML before PDF": ("PDF", b"<html>" + PDF, "DOCUMENT_OTHER_TYPE"),
    "PDF with HTML at its beginning": ("PDF", PDF[:9] + b"<html><body>" + PDF[9:], "DOCUMENT_AMBIGUOUS"),
    "PDF with something after it": ("PDF", PDF + b"MZ\x90", "DOCUMENT_OTHER_TYPE"),
    "PDF that is an archive": ("PDF", PDF + _archive(b"%%EOF"), "DOCUMENT_AMBIGUOUS"),
    "an archive as PDF": ("PDF", _archive(), "DOCUMENT_OTHER_TYPE"),
    "a program as PDF": ("PDF", b"MZ" + bytes(100) + b"%PDF-1.4 %%EOF", "DOCUMENT_OTHER_TYPE"),
    "PNG as JPEG": ("JPEG", PNG, "DOCUMENT_OTHER_TYPE"),
    "SVG as PNG": ("PNG", _SVG, "DOCUMENT_OTHER_TYPE"),
    "PNG that is cut off": ("PNG", PNG[:-4], "DOCUMENT_OTHER_TYPE"),
    "PNG with something after it": ("PNG", PNG + b"<script>", "DOCUMENT_OTHER_TYPE"),
    "JPEG that is an archive": ("JPEG", JPEG + _archive(), "DOCUMENT_AMBIGUOUS"),
    "TIFF without a directory": ("TIFF", TIFF[:4] + b"\xff\xff\0\0", "DOCUMENT_OTHER_TYPE"),
    "a program in DICOM": ("DICOM", b"MZ" + DICOM[2:], "DOCUMENT_OTHER_TYPE"),
    "SVG as text": ("TEXT", _SVG, "DOCUMENT_AMBIGUOUS"),
    "XML as text": ("TEXT", b" \n" + CDA, "DOCUMENT_OTHER_TYPE"),
    "a script as text": ("TEXT", b"#!/bin/sh\nrm -r x\n", "DOCUMENT_OTHER_TYPE"),
    "RTF as text": ("TEXT", rb"{\rtf1 x}", "DOCUMENT_OTHER_TYPE"),
    "control characters": ("TEXT", b"a\0b", "DOCUMENT_OTHER_TYPE"),
    "Latin-1": ("TEXT", "ä".encode("latin-1"), "DOCUMENT_OTHER_TYPE"),
    "entities": ("CDA", _ENTITIES, "DOCUMENT_OTHER_TYPE"),
    "XHTML in CDA": ("CDA", _XHTML, "DOCUMENT_OTHER_TYPE"),
    "other XML": ("CDA", b"<ClinicalDocument/>", "DOCUMENT_OTHER_TYPE"),
    "XML that is cut off": ("CDA", CDA[:-2], "DOCUMENT_OTHER_TYPE"),
}
"""What is refused, as which type it is sent and why."""
