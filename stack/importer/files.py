"""Files of FHIR resources as they come: which resources each holds, whatever it is called.

A file is one resource or a Bundle in JSON, or newline-delimited JSON with either in a line, in UTF-8 or UTF-16 with a byte
order mark, compressed with gzip or not.
https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---output-files, https://hl7.org/fhir/R4/bundle.html.
"""

import codecs
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from shared.commands import INVALID_VALUE, REQUIRED
from shared.errors import OTHER_RELEASE
from shared.fhir import Wrong
from stack.importer import types

# What clients of bulk exports write beside the resources.
_OF_CLIENTS = {"log.ndjson", "manifest.json"}
_NAME = re.compile(r".*\.(?P<format>ndjson|jsonl|json)(\.gz)?", re.IGNORECASE)

_ADDRESS = re.compile(r"(?:.*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.\-]{1,64})")

_URN = re.compile(r"urn:(?:uuid|oid):(?P<id>[A-Za-z0-9.\-]{1,64})")
_URNS = re.compile(rb'"urn:(?:uuid|oid):[A-Za-z0-9.\-]{1,64}"')

_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# What is held in memory at once: a line, or a file that is one value.
LARGEST = 256 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource stands: the file within the folder, the line from 1, in a Bundle the entry from 0."""

    file: str
    line: int
    entry: int | None = None

    def __str__(self) -> str:
        entry = "" if self.entry is None else f", entry[{self.entry}]"
        return f"{self.file}, line {self.line}{entry}"


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be taken over; the cause names elements and rules, never values."""

    place: Place
    cause: str


@dataclass(frozen=True, slots=True)
class Found:
    """A resource, in UTF-8; of one that is `deleted`, only its type and id."""

    place: Place
    resource_type: str
    content: bytes
    deleted: bool = False


@dataclass
class Export:
    """A folder's resources: how many of each type and in which files, what cannot be read, and the files that are no FHIR's."""

    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    files: dict[str, list[Path]] = field(default_factory=dict)
    unread: list[Failure] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def resources(self, resource_type: str) -> Iterator[Found]:
        """The resources of a type, file by file."""
        for path in self.files.get(resource_type, []):
            for item in _read(self.folder, path):
                if isinstance(item, Found) and item.resource_type == resource_type:
                    yield item


def survey(folder: Path) -> Export:
    """See what a folder holds, and the folders in it."""
    export = Export(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.name.startswith(".") or path.name in _OF_CLIENTS:
            continue
        if not _NAME.fullmatch(path.name):
            export.others.append(_name(folder, path))
            continue
        counts: Counter[str] = Counter()
        for item in _read(folder, path):
            if isinstance(item, Found):
                counts[item.resource_type] += 1
            else:
                export.unread.append(item)
        export.counts += counts
        for resource_type in counts:
            export.files.setdefault(resource_type, []).append(path)
    return export


class _Request(msgspec.Struct, frozen=True):
    method: str | None = None
    url: str | None = None


class _Entry(msgspec.Struct, rename="camel"):
    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    request: _Request = _Request()


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str | None = None
    entry: msgspec.Raw = msgspec.Raw()


class _Identity(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str | None = None


_head = msgspec.json.Decoder(_Head).decode
_identity = msgspec.json.Decoder(_Identity).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
_entry = msgspec.json.Decoder(_Entry).decode


def _read(folder: Path, path: Path) -> Iterator[Found | Failure]:
    """What a file holds. Where it cannot be read on, it ends."""
    name, line = _name(folder, path), 0
    try:
        with _open(path) as file:
            for line, content in enumerate(_values(path, file), start=1):
                if content:
                    yield from _resources(Place(name, line), content)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield Failure(Place(name, line + 1), "it is no whole gzip file; the rest is left out")
    except OSError as error:
        yield Failure(Place(name, line + 1), f"it cannot be read: {error.strerror}")
    except _TooLargeError:
        cause = f"it is larger than {LARGEST // 1024 // 1024} MB in one piece; the rest of the file is left out"
        yield Failure(Place(name, line + 1), cause)


def _name(folder: Path, path: Path) -> str:
    """A file's name within the folder, as a terminal can show it."""
    return "".join(each if each.isprintable() else "?" for each in str(path.relative_to(folder)))


class _TooLargeError(Exception):
    """A line, or a file that is one value, is too large."""


def _open(path: Path) -> io.BufferedReader:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    return io.BufferedReader(gzip.open(path)) if compressed else path.open("rb")


def _values(path: Path, file: io.BufferedReader) -> Iterator[bytes]:
    """The JSON values of a file, in UTF-8: its lines, unless it is a `.json` whose first line is not all of one."""
    lines = _lines(file)
    match = _NAME.fullmatch(path.name)
    if match is None or match["format"].lower() != "json":
        yield from lines
        return
    first = next(lines, b"")
    try:
        _head(first)
    except (ValueError, RecursionError):
        parts, size = [first], len(first)
        for part in lines:
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise _TooLargeError from None
        yield b"\n".join(parts)
    else:
        yield first
        yield from lines


def _lines(file: io.BufferedReader) -> Iterator[bytes]:
    """The lines of a file, in UTF-8 without byte order marks; those that are empty as well."""
    is_utf16 = file.peek(2)[:2] in _UTF16
    for line in _utf16(file) if is_utf16 else iter(lambda: file.readline(LARGEST + 1), b""):
        if len(line) > LARGEST:
            raise _TooLargeError
        yield line.removeprefix(codecs.BOM_UTF8).strip()


def _utf16(file: io.BufferedReader) -> Iterator[bytes]:
    """The lines of a file in UTF-16; what is none is no UTF-8 either, in its line alone."""
    decoder, rest = codecs.getincrementaldecoder("utf-16")("surrogatepass"), ""
    while chunk := file.read(_CHUNK):
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in whole:
            yield line.encode(errors="surrogatepass")
        if len(rest) > LARGEST:
            raise _TooLargeError
    yield rest.encode(errors="surrogatepass")
    yield decoder.getstate()[0]


def _resources(place: Place, content: bytes) -> Iterator[Found | Failure]:
    """The resource that a value is, or those of a Bundle."""
    try:
        content.decode()  # what is passed over is not checked by the decoder
        head = _head(content)
        entries = _entries(head.entry) if head.resource_type == "Bundle" and bytes(head.entry) else []
    except (ValueError, RecursionError) as error:
        yield Failure(place, _cause(error))
        return
    wrong = _wrong_type(head.resource_type)
    if wrong:
        yield Failure(place, str(wrong))
    elif head.resource_type == "Bundle":
        yield from _entries_of(place, entries)
    else:
        yield Found(place, head.resource_type or "", content)


def _wrong_type(resource_type: str | None) -> Wrong | None:
    if resource_type is None:
        return Wrong("resourceType", REQUIRED)
    if resource_type in types.OTHERS:
        return Wrong("resourceType", OTHER_RELEASE, {"release": types.OTHERS[resource_type]})
    return None if resource_type in types.R4 else Wrong("resourceType", INVALID_VALUE)


def _cause(error: Exception) -> str:
    """What is wrong with a value that cannot be decoded."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    what, _, where = str(error).partition(" - at `$.")
    return str(Wrong(where.removesuffix("`"), INVALID_VALUE)) if where else what


def _entries_of(place: Place, contents: Sequence[bytes]) -> Iterator[Found | Failure]:
    """The resources of a Bundle's entries, each of which may be wrong by itself."""
    read = [_read_entry(content) for content in contents]
    entries = [each if isinstance(each, _Entry) else _Entry() for each in read]
    identities = [_identity_of(entry) for entry in entries]
    named = _named(entries, identities)
    for number, (entry, wrong, identity) in enumerate(zip(entries, read, identities, strict=True)):
        at = Place(place.file, place.line, number)
        deleted = _ADDRESS.fullmatch(entry.request.url or "") if entry.request.method == "DELETE" else None
        if isinstance(wrong, str):
            yield Failure(at, wrong)
        elif deleted:
            content = msgspec.json.encode({"resourceType": deleted["type"], "id": deleted["id"]})
            unknown = _wrong_type(deleted["type"])
            yield Failure(at, str(unknown)) if unknown else Found(at, deleted["type"], content, deleted=True)
        elif not bytes(entry.resource):
            yield Failure(at, str(Wrong("resource", REQUIRED)))
        else:
            yield from _resources(at, _with_id(entry, identity, _led(bytes(entry.resource), named)))


def _read_entry(content: bytes) -> _Entry | str:
    """An entry, or what is wrong with it."""
    try:
        return _entry(content)
    except (ValueError, RecursionError) as error:
        return _cause(error)


def _identity_of(entry: _Entry) -> _Identity | None:
    """Type and id of an entry's resource; None if it is none, which is told where it is read."""
    try:
        return _identity(entry.resource)
    except (ValueError, RecursionError):
        return None


def _named(entries: Sequence[_Entry], identities: Sequence[_Identity | None]) -> dict[bytes, bytes]:
    """Where references lead to a Bundle's entries that have an id besides their `fullUrl`, which is no address.

    https://hl7.org/fhir/R4/bundle.html#references
    """
    return {
        msgspec.json.encode(entry.full_url): msgspec.json.encode(f"{identity.resource_type}/{identity.id}")
        for entry, identity in zip(entries, identities, strict=True)
        if identity and identity.id and _URN.fullmatch(entry.full_url)
    }


def _led(content: bytes, named: Mapping[bytes, bytes]) -> bytes:
    """A resource whose references within its Bundle lead by type and id."""
    return _URNS.sub(lambda found: named.get(found[0], found[0]), content) if named else content


def _with_id(entry: _Entry, identity: _Identity | None, content: bytes) -> bytes:
    """A resource without an id has that of its `fullUrl`."""
    found = _URN.fullmatch(entry.full_url) or _ADDRESS.fullmatch(entry.full_url)
    if identity is None or identity.id is not None or not found:
        return content
    return b'{"id":%b,%b' % (msgspec.json.encode(found["id"]), content.lstrip()[1:])
