"""Answers to GraphQL requests as bytes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from router.errors import RequestError
from router.execution.result import Result
from router.http.negotiation import GRAPHQL_RESPONSE, JSON
from router.http.protocol import Exchange

_CONTENT_TYPES = {media_type: f"{media_type}; charset=utf-8" for media_type in (GRAPHQL_RESPONSE, JSON)}


def encode(document: Mapping[str, Any] | list[Any]) -> bytes:
    return msgspec.json.encode(document)


def answer_result(exchange: Exchange, media_type: str, result: Result) -> None:
    """An execution result. Without `data` the request failed before execution (GraphQL over HTTP, section 6.4.2)."""
    status = 400 if media_type == GRAPHQL_RESPONSE and not result.executed else 200
    exchange.answer(status, _CONTENT_TYPES[media_type], result.body)


def answer_batch(exchange: Exchange, media_type: str, results: list[Result]) -> None:
    exchange.answer(200, _CONTENT_TYPES[media_type], encode([result.raw for result in results]))


def answer_request_error(exchange: Exchange, media_type: str | None, refused: RequestError) -> None:
    """A refusal by the GraphQL layer. In `application/json` a well-formed GraphQL answer has status 200."""
    status = 200 if media_type == JSON and refused.status == 400 else refused.status
    answer_error(exchange, media_type, refused, status)


def answer_error(
    exchange: Exchange,
    media_type: str | None,
    refused: RequestError,
    status: int | None = None,
    headers: bytes = b"",
) -> None:
    """A refusal by the HTTP layer, with its own status whatever the media type."""
    body = Result.request_error(refused.errors, exchange.headers).body
    exchange.answer(status or refused.status, _CONTENT_TYPES[media_type or JSON], body, headers)
