"""From the bytes of a request to a GraphQL request (GraphQL over HTTP, sections 5 and 6)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from router.errors import RequestError


class GraphQLRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The four parameters; `query` is None where only `extensions.persistedQuery` names the operation."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(GraphQLRequest).decode


def read_body(body: bytes) -> GraphQLRequest | list[GraphQLRequest]:
    """A JSON body: one request, or a batch. Raises RequestError."""
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):  # as well for a type that is wrong, which is told below
        return _read_other(body)
    return request if request.query else read_parameters(msgspec.json.decode(body))


def _read_other(body: bytes) -> GraphQLRequest | list[GraphQLRequest]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RequestError.because("the body is not valid JSON in UTF-8", "INVALID_JSON") from None
    if isinstance(document, list):
        return [read_parameters(item) for item in document]
    return read_parameters(document)


def read_query_string(parameters: Mapping[str, str]) -> GraphQLRequest:
    """The parameters of a GET; `variables` and `extensions` are JSON. Raises RequestError."""
    document: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if text := parameters.get(name):
            try:
                document[name] = msgspec.json.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise RequestError.because(f"the parameter '{name}' is not valid JSON", "INVALID_JSON") from None
    return read_parameters(document)


def read_parameters(document: Any) -> GraphQLRequest:
    """A GraphQL request in decoded form, as in a body or a WebSocket message. Raises RequestError."""
    if not isinstance(document, dict):
        raise _bad("a request is a JSON object with 'query'")
    query, extensions = document.get("query"), document.get("extensions")
    operation_name, variables = document.get("operationName"), document.get("variables")
    if query is not None and not isinstance(query, str):
        raise _bad("'query' must be a string")
    if operation_name is not None and not isinstance(operation_name, str):
        raise _bad("'operationName' must be a string")
    if variables is not None and not isinstance(variables, dict):
        raise _bad("'variables' must be an object")
    if extensions is not None and not isinstance(extensions, dict):
        raise _bad("'extensions' must be an object")
    if not query and not (extensions and "persistedQuery" in extensions):
        raise _bad("'query' is missing")
    return GraphQLRequest(query or None, operation_name or None, variables, extensions)


def _bad(message: str) -> RequestError:
    return RequestError.because(message, "BAD_REQUEST")
