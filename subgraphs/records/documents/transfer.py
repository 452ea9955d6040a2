"""`/documents/{address}`: what is in a document is sent by PUT and fetched by GET, at signed addresses (`addresses`).

An address is all that it takes, and no cookie: so any origin's pages may use one that they have. What is fetched is a file to
be kept, of the type that it was proven to be, and is shown nowhere in a page.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.auth.tokens import InvalidToken
from shared.encryption.value import Erased
from shared.errors import InvalidState, NotFound, Problem, Refusal
from shared.graph.context import Context
from shared.runtime import Runtime
from subgraphs.records.codes import DocumentContentType, DocumentRejection, DocumentStatus
from subgraphs.records.documents.addresses import PATH, Use, read
from subgraphs.records.documents.content_types import rejection
from subgraphs.records.documents.scanning import Clamd, Verdict, verdict
from subgraphs.records.errors import (
    DOCUMENT_ADDRESS,
    DOCUMENT_AMBIGUOUS,
    DOCUMENT_BUSY,
    DOCUMENT_EMPTY,
    DOCUMENT_ERASED,
    DOCUMENT_OTHER_TYPE,
    DOCUMENT_TOO_LARGE,
    DOCUMENT_TOO_SLOW,
    DOCUMENT_UPLOADED,
)
from subgraphs.records.repository import documents as stored
from subgraphs.records.service import documents
from subgraphs.records.settings import RecordsSettings

_AT_ONCE = 16  # of each of which all is in memory
_UPLOAD_SECONDS = 300
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")
_HEADERS = {
    "access-control-allow-origin": "*",
    "cache-control": "private, no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_PREFLIGHT = {"access-control-allow-methods": "GET, PUT", "access-control-allow-headers": "content-type"}
_REJECTED = {
    DocumentRejection.EMPTY: (DOCUMENT_EMPTY, 422),
    DocumentRejection.TOO_LARGE: (DOCUMENT_TOO_LARGE, 413),
    DocumentRejection.OTHER_TYPE: (DOCUMENT_OTHER_TYPE, 415),
    DocumentRejection.AMBIGUOUS: (DOCUMENT_AMBIGUOUS, 415),
}


@dataclass(frozen=True)
class Transfers:
    """What this process needs to send and receive documents; without a scanner, nothing is scanned."""

    slots: asyncio.Semaphore
    scanner: Clamd | None


@asynccontextmanager
async def open_transfers(runtime: Runtime) -> AsyncIterator[Transfers]:
    """For as long as the service runs."""
    address = cast("RecordsSettings", runtime.settings).records_clamd_address
    yield Transfers(asyncio.Semaphore(_AT_ONCE), Clamd(address) if address else None)


def scanner_of(runtime: Runtime) -> Clamd | None:
    """What scans documents for malware."""
    return cast("Transfers", runtime.resources).scanner


class _Refused(Exception):
    """What is asked for is not done: the answer's status, and why."""

    def __init__(self, status: int, problem: Problem, **parameters: object) -> None:
        super().__init__(problem.code)
        self.status, self.refusal = status, Refusal(problem, **parameters)


async def _send(context: Context, document_id: UUID, _: Request) -> Response:
    """The file; whoever may not open it any more learns nothing of it."""
    try:
        found = await stored.file(context, document_id)
    except Erased:
        raise _Refused(410, DOCUMENT_ERASED) from None
    if found is None:
        raise _Refused(404, DOCUMENT_ADDRESS)
    name = found.facts.file_name
    disposition = f"attachment; filename=\"{_NOT_PLAIN.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    kind = found.facts.content_type
    media_type = f"{kind.value}; charset=utf-8" if kind is DocumentContentType.TEXT else kind.value
    headers = {"content-disposition": disposition, "content-type": media_type}  # RFC 6266, RFC 8187
    return Response(found.content, headers=headers)


async def _receive(context: Context, document_id: UUID, request: Request) -> Response:
    """Take what is sent, all of it or nothing."""
    row = await stored.announced(context, document_id)
    if row is None:
        raise _Refused(404, DOCUMENT_ADDRESS)
    if row.status != DocumentStatus.PENDING:
        raise _Refused(409, DOCUMENT_UPLOADED)
    most, kind = cast("RecordsSettings", context.runtime.settings).records_document_bytes, row.facts.value.content_type
    content = await _body(request, most)
    if content is None:
        why: DocumentRejection | None = DocumentRejection.TOO_LARGE
    else:
        why = await asyncio.to_thread(rejection, content, kind)
    try:
        row = await documents.receive(context, document_id, content or b"", await _verdict(context, content, why))
    except NotFound:
        raise _Refused(404, DOCUMENT_ADDRESS) from None
    except InvalidState as refusal:
        raise _Refused(409, refusal.problem, **refusal.parameters) from None
    if why is not None:
        problem, status = _REJECTED[why]
        raise _Refused(status, problem, **_parameters(problem, most, kind))
    return JSONResponse({"status": row.status}, status_code=202 if row.status == DocumentStatus.UPLOADED else 201)


async def _verdict(context: Context, content: bytes | None, why: DocumentRejection | None) -> Verdict:
    if why is not None or content is None:
        return Verdict(DocumentStatus.REJECTED, rejection=why)
    return await verdict(scanner_of(context.runtime), content)


def _parameters(problem: Problem, most: int, kind: DocumentContentType) -> dict[str, object]:
    told: dict[Problem, dict[str, object]] = {
        DOCUMENT_TOO_LARGE: {"maximum": most},
        DOCUMENT_OTHER_TYPE: {"type": kind.value},
    }
    return told.get(problem, {})


async def _body(request: Request, most: int) -> bytes | None:
    """What is sent; None as soon as it is too much."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        return None
    content = bytearray()
    try:
        async with asyncio.timeout(_UPLOAD_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > most:
                    return None
    except TimeoutError:
        raise _Refused(408, DOCUMENT_TOO_SLOW) from None
    return bytes(content)


def _route(
    method: str, use: Use, operation: str, answer: Callable[[Context, UUID, Request], Awaitable[Response]]
) -> Route:
    """An address's answer for the caller whom it names, entered into the audit trail."""

    async def endpoint(request: Request) -> Response:
        runtime: Runtime = request.app.state.runtime
        language = request.headers.get("accept-language", "")
        slots = cast("Transfers", runtime.resources).slots
        try:
            document_id, principal = read(runtime, request.path_params["address"], use)
        except InvalidToken:
            return _problem(runtime, language, _Refused(404, DOCUMENT_ADDRESS))
        if slots.locked():
            return _problem(runtime, language, _Refused(503, DOCUMENT_BUSY))
        context = Context(runtime, principal, request.headers.get("x-request-id"))
        context.recorder.operation = operation
        try:
            async with slots:
                response = await answer(context, document_id, request)
        except ClientDisconnect:
            response = Response(status_code=400)  # which nobody reads
        except _Refused as refused:
            response = _problem(runtime, language, refused)
        await context.flush_audit()
        response.headers.update(_HEADERS)
        return response

    return Route(PATH, endpoint, methods=[method])


def _problem(runtime: Runtime, language: str, refused: _Refused) -> Response:
    """Problem details (RFC 9457)."""
    problem, translations = refused.refusal.problem, runtime.translations
    title = translations.sentence(translations.negotiate(language), problem.message, refused.refusal.parameters)
    body = {"title": title, "status": refused.status, "code": problem.code}
    headers = _HEADERS | ({"retry-after": "5"} if refused.status == 503 else {})
    return JSONResponse(body, refused.status, headers, "application/problem+json")


async def _allow(_: Request) -> Response:
    """The answer to a browser that asks whether a page may use the address (CORS)."""
    return Response(status_code=204, headers=_HEADERS | _PREFLIGHT)


ROUTES = (
    _route("GET", Use.DOWNLOAD, "downloadDocument", _send),
    _route("PUT", Use.UPLOAD, "uploadDocument", _receive),
    Route(PATH, _allow, methods=["OPTIONS"]),
)
