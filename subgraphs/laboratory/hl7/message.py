"""Messages of HL7 v2 in their vertical bar encoding: bytes → segments, fields, repetitions, components."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MAXIMUM_BYTES = 5_000_000

_SEGMENT_END = re.compile(r"\r\n?|\n")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
_LINE_BREAKS = re.compile(r"\.(br|sp|ce)(?:\+?([0-9]{1,2}))?")
_BLANKS = re.compile(r"\.(?:sk|in|ti)(?:[+-]?([0-9]{1,2}))?")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_NOTHING = frozenset({"H", "N", ".fi", ".nf"})  # highlighting and formats, of which text has none

# HL7 table 0211, and names that are often there in its place.
_CHARSETS = {
    "": "utf-8",  # which has ASCII in it
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "WINDOWS-1252": "cp1252",
    "BIG-5": "big5",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc-kr",
}


class Unacceptable(Exception):
    """What is no message that can be read: `code` is of HL7 table 0357, `location` such as `MSH-18`; no value in either."""

    def __init__(self, code: str, location: str, text: str) -> None:
        super().__init__(text)
        self.code, self.location, self.text = code, location, text


class Delimiters(NamedTuple):
    """The characters of MSH-1 and MSH-2; empty where a message has none for that."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One repetition of a field, still escaped."""

    raw: str
    message: "Message"

    def __getitem__(self, component: int) -> str:
        """A component, counted from 1, as its sender meant it: escapes are gone; empty where there is none.

        Of one that has subcomponents, it is the first.
        """
        parts = _split(self.raw, self.message.delimiters.component)
        if component > len(parts):
            return ""
        first = _split(parts[component - 1], self.message.delimiters.subcomponent)[0]
        return self.message.escapes.undone(first)

    @property
    def text(self) -> str:
        """All of it, whatever of its characters are delimiters: of a field that has no components."""
        return self.message.escapes.undone(self.raw)


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; `fields[n]` is field n as it was written, `fields[0]` the segment's name."""

    fields: Sequence[str]
    message: "Message"

    @property
    def name(self) -> str:
        """Such as `OBX`."""
        return self.fields[0]

    def all(self, field: int) -> list[Value]:
        """The repetitions of a field; none of one that is empty or says by `""` that it is."""
        raw = self.fields[field] if field < len(self.fields) else ""
        if raw in ("", '""'):
            return []
        return [Value(each, self.message) for each in _split(raw, self.message.delimiters.repetition)]

    def first(self, field: int) -> Value:
        """The first repetition of a field, perhaps an empty one."""
        return next(iter(self.all(field)), Value("", self.message))


class Message:
    """A message that was read. Raises Unacceptable where it is none, or its parts cannot be told apart."""

    def __init__(self, content: bytes) -> None:
        text, self.escapes = _decoded(content)
        self.delimiters, self.charset = self.escapes.delimiters, self.escapes.charset
        self.lines = [line for line in _SEGMENT_END.split(text) if line.strip()]
        self.segments = list(self._read())

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    def _read(self) -> Iterator[Segment]:
        separator = self.delimiters.field
        for line in self.lines:
            fields = line.split(separator)
            if not _NAME.fullmatch(fields[0]):
                raise Unacceptable("100", "", "A line does not begin with the name of a segment.")
            if fields[0] == "MSH":
                fields.insert(1, separator)  # which is MSH-1
            yield Segment(fields, self)


class Escapes:
    """The escape sequences of a message (HL7 v2.5.1, 2.7), by its delimiters and its character set's name in Python."""

    def __init__(self, delimiters: Delimiters, charset: str) -> None:
        self.delimiters, self.charset = delimiters, charset
        escape = re.escape(delimiters.escape)
        self._sequence = re.compile(f"{escape}([^{escape}]*){escape}") if escape else None
        self._plain = {
            "F": delimiters.field,
            "S": delimiters.component,
            "R": delimiters.repetition,
            "E": delimiters.escape,
            "T": delimiters.subcomponent,
            "P": delimiters.truncation,
        }

    def undone(self, text: str) -> str:
        """Text without escape sequences; one that is none, or is not known, stays as it is."""
        if self._sequence is None or self.delimiters.escape not in text:
            return text
        return self._sequence.sub(self._meant, text)

    def _meant(self, escape: re.Match[str]) -> str:
        sequence = escape[1]
        if plain := self._plain.get(sequence):
            return plain
        if sequence in _NOTHING:
            return ""
        if found := _LINE_BREAKS.fullmatch(sequence):
            return "\n" * int(found[2] or 1)
        if found := _BLANKS.fullmatch(sequence):
            return " " * int(found[1] or 1)
        found = _HEX.fullmatch(sequence)
        try:
            return bytes.fromhex(found[1]).decode(self.charset) if found else escape[0]
        except UnicodeDecodeError:
            return escape[0]


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else [text]


def _decoded(content: bytes) -> tuple[str, Escapes]:
    """The text of a message, and how it writes what it means; raises Unacceptable."""
    if len(content) > MAXIMUM_BYTES:
        raise Unacceptable("207", "", "It is larger than what is taken.")
    content = content.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    # Any character set that is taken has ASCII's characters as its own, so that the header can be read before it is known.
    header = _SEGMENT_END.split(content[:10_000].decode("latin-1"), maxsplit=1)[0]
    delimiters = _delimiters(header)
    fields = header.split(delimiters.field)
    said = fields[17] if len(fields) > 17 else ""  # MSH-18, since MSH-1 is what the fields are split by
    name = Escapes(delimiters, "ascii").undone(_split(said, delimiters.repetition)[0]).strip().upper()
    charset = _CHARSETS.get(name)
    if charset is None:
        raise Unacceptable("103", "MSH-18", "This character set is not known here.")
    try:
        return content.decode(charset), Escapes(delimiters, charset)
    except UnicodeDecodeError:
        raise Unacceptable("102", "MSH-18", "It is not in the character set that it says.") from None


def _delimiters(header: str) -> Delimiters:
    if not header.startswith("MSH") or len(header) < 5:
        raise Unacceptable("100", "MSH", "It does not begin with a message header.")
    field = header[3]
    characters = header[4:].split(field, 1)[0]
    found = Delimiters(field, *characters[:5]) if len(characters) >= 4 else _few(field, characters)
    used = [each for each in found if each]
    if not 1 <= len(characters) <= 5 or len(set(used)) < len(used) or not all(map(_may_delimit, used)):
        raise Unacceptable("102", "MSH-2", "Its encoding characters cannot be told apart.")
    return found


def _few(field: str, characters: str) -> Delimiters:
    """What is not said is not used: no character is taken for a delimiter that its sender does not know as one."""
    return Delimiters(field, *[*characters, "", "", "", ""][:4])


def _may_delimit(character: str) -> bool:
    return character.isascii() and character.isprintable() and not character.isalnum() and character not in ' "'
