"""Which media type an answer has (RFC 9110, section 12.5.1; GraphQL over HTTP, section 6.2)."""

from router.cache import remembered

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"
DEFERRED = "multipart/mixed;deferSpec=20220824"

_SINGLE = (GRAPHQL_RESPONSE, JSON)
OFFERED = (*_SINGLE, MULTIPART, DEFERRED, EVENT_STREAM)


@remembered(256)
def acceptable(accept: str | None) -> tuple[str, ...]:
    """The offered media types that `accept` allows, the best first; `application/json` if there is no such header.

    A wildcard means the media types that every client can read: it never chooses a stream.
    """
    if not accept:
        return (JSON,)
    weights: dict[str, float] = {}
    for position, entry in enumerate(accept.lower().split(",")):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        weight = _quality(parameters) - position * 1e-6
        for offered in _matches(media_type, parameters):
            weights.setdefault(offered, weight)
    wanted = [media_type for media_type in OFFERED if weights.get(media_type, 0.0) > 0]
    return tuple(sorted(wanted, key=lambda media_type: -weights[media_type]))


@remembered(256)
def single(accept: str | None) -> str | None:
    """The media type of a single answer; None if the client takes no such answer.

    A client that asks for a stream also gets errors and the results of queries, as `application/json`.
    """
    types = acceptable(accept)
    return next((media_type for media_type in types if media_type in _SINGLE), JSON if types else None)


def stream(accept: str | None) -> str | None:
    """The media type of a stream of answers; None if the client takes none."""
    return next((media_type for media_type in acceptable(accept) if media_type in (MULTIPART, EVENT_STREAM)), None)


def incremental(accept: str | None) -> str | None:
    """The media type of incremental delivery; None if the client takes none."""
    return next((media_type for media_type in acceptable(accept) if media_type in (DEFERRED, EVENT_STREAM)), None)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _matches(media_type: str, parameters: list[str]) -> tuple[str, ...]:
    if media_type == MULTIPART:  # several protocols are told apart by their parameter
        given = {parameter.replace('"', "").replace(" ", "") for parameter in parameters}
        subscribes = any(parameter.startswith("subscriptionspec") for parameter in given)
        return (*((MULTIPART,) if subscribes else ()), *((DEFERRED,) if "deferspec=20220824" in given else ()))
    if media_type == "*/*":
        return (JSON,)
    if media_type == "application/*":
        return _SINGLE
    return (media_type,) if media_type in OFFERED else ()
