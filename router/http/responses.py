"""Answers as bytes: one JSON document, and the parts of a stream."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.types import Send

from router.errors import RequestRefused
from router.execution.result import Result
from router.http.negotiation import GRAPHQL_RESPONSE, JSON

Headers = Iterable[tuple[bytes, bytes]]


async def send_body(send: Send, status: int, content_type: str, body: bytes, headers: Headers = ()) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def encode(document: Mapping[str, Any] | list[Any]) -> bytes:
    return msgspec.json.encode(document)


async def send_result(send: Send, media_type: str, result: Result) -> None:
    """An execution result. Without `data` the request failed before execution (GraphQL over HTTP, section 6.4.2)."""
    status = 400 if media_type == GRAPHQL_RESPONSE and not result.executed else 200
    await send_body(send, status, f"{media_type}; charset=utf-8", result.body)


async def send_refusal(send: Send, media_type: str | None, refused: RequestRefused, headers: Headers = ()) -> None:
    """A refusal by the GraphQL layer. In `application/json` a well-formed GraphQL answer has status 200."""
    status = 200 if media_type == JSON and refused.status == 400 else refused.status
    await send_error(send, media_type, refused, status, headers)


async def send_error(
    send: Send, media_type: str | None, refused: RequestRefused, status: int | None = None, headers: Headers = ()
) -> None:
    """A refusal by the HTTP layer, with its own status whatever the media type."""
    body = Result.refused(refused.errors).body
    await send_body(send, status or refused.status, f"{media_type or JSON}; charset=utf-8", body, headers)
