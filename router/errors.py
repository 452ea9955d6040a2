"""What every phase may raise towards the client."""

from collections.abc import Sequence
from typing import Any


class RequestError(Exception):
    """The request is answered with `errors` alone and never reaches a subgraph.

    `errors` are GraphQL errors in response form (`message`, and where known `locations`, `path`, `extensions.code`);
    `status` is the HTTP status for `application/graphql-response+json` clients (GraphQL over HTTP, section 6.4).
    """

    def __init__(self, errors: Sequence[dict[str, Any]], status: int = 400) -> None:
        super().__init__("; ".join(str(error["message"]) for error in errors))
        self.errors = list(errors)
        self.status = status

    @classmethod
    def because(cls, message: str, code: str, status: int = 400, **extensions: Any) -> "RequestError":
        """One error with its `extensions.code`."""
        return cls([{"message": message, "extensions": {"code": code, **extensions}}], status)
