"""The scan for malware, by clamd's INSTREAM over TCP or a Unix socket (clamd(8), "COMMANDS").

The command is followed by chunks, each with its length as 4 bytes in network order, up to one of length 0; the answer is
`stream: OK`, `stream: <name> FOUND`, or ends with `ERROR`.
"""

import asyncio
import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import structlog

from subgraphs.records.codes import DocumentRejection, DocumentStatus

log = structlog.get_logger(__name__)

_CONNECT_SECONDS, _SCAN_SECONDS = 3, 20
_BYTES_OF_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (.+) FOUND")


class NotScanned(Exception):
    """The scanner does not answer, or not with a result."""


@dataclass(frozen=True)
class Clamd:
    """The scanner at `tcp://host:port` or `unix:///path`."""

    address: str

    async def scan(self, content: bytes) -> str | None:
        """The name of the malware that was found, None if there is none; raises NotScanned."""
        try:
            async with asyncio.timeout(_SCAN_SECONDS):
                answer = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise NotScanned(type(error).__name__) from None
        if answer == "stream: OK":
            return None
        found = _FOUND.fullmatch(answer)
        if found is None:
            raise NotScanned("ERROR")
        return found[1]

    async def _ask(self, content: bytes) -> str:
        reader, writer = await self._connect()
        try:
            with suppress(ConnectionError):  # it answers and closes as soon as it takes no more
                writer.write(b"zINSTREAM\0")
                for start in range(0, len(content), _BYTES_OF_CHUNK):
                    chunk = content[start : start + _BYTES_OF_CHUNK]
                    writer.write(struct.pack(">I", len(chunk)) + chunk)
                    await writer.drain()
                writer.write(bytes(4))
                await writer.drain()
            return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = urlsplit(self.address)
        async with asyncio.timeout(_CONNECT_SECONDS):
            if url.scheme == "unix":
                return await asyncio.open_unix_connection(unquote(url.path), limit=_LONGEST_ANSWER)
            return await asyncio.open_connection(url.hostname, url.port, limit=_LONGEST_ANSWER)


class Verdict(NamedTuple):
    """What becomes of a document by what its content was found to be; `scanned` is whether anybody has scanned it."""

    status: DocumentStatus
    scanned: bool = False
    malware: str | None = None
    rejection: DocumentRejection | None = None


async def verdict(scanner: Clamd | None, content: bytes) -> Verdict:
    """That of a scan: where there is no scanner, none is asked for; where it does not answer, nobody opens the content."""
    if scanner is None:
        return Verdict(DocumentStatus.AVAILABLE)
    try:
        malware = await scanner.scan(content)
    except NotScanned as error:
        log.warning("document.not_scanned", reason=str(error))
        return Verdict(DocumentStatus.UPLOADED)
    status = DocumentStatus.AVAILABLE if malware is None else DocumentStatus.QUARANTINED
    return Verdict(status, scanned=True, malware=malware)
