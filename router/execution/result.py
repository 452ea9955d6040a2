"""The answer to one operation, or to one event of a subscription, as it goes to the client."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec

from router.translations import translated

_encode = msgspec.json.Encoder().encode


class Result(msgspec.Struct, frozen=True, gc=False):
    """A GraphQL response in JSON. `executed`: it has `data`, if only null; `failed`: it has `errors`."""

    body: bytes
    executed: bool = True
    failed: bool = False

    @classmethod
    def of(cls, response: Mapping[str, Any]) -> Self:
        """From the response as a mapping."""
        return cls(_encode(response), "data" in response, "errors" in response)

    @classmethod
    def request_error(cls, errors: Sequence[dict[str, Any]], headers: Mapping[str, str]) -> Self:
        """Of an operation that was not run (GraphQL, section 7.1.2: request error), for a client with these headers."""
        return cls.of({"errors": translated(errors, headers.get("accept-language"))})

    @classmethod
    def incremental(cls, payload: Mapping[str, Any]) -> Self:
        """From a payload of incremental delivery."""
        entries = payload.get("incremental", (payload,))
        return cls(_encode(payload), failed=any("errors" in one for one in entries))

    @property
    def raw(self) -> msgspec.Raw:
        """To be put into a larger document."""
        return msgspec.Raw(self.body)
