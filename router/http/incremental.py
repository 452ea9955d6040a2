"""Incremental delivery to clients: Apollo's `multipart/mixed;deferSpec=20220824`, or server-sent events."""

from router.errors import RequestError
from router.execution.result import Result
from router.http.operations import Operation, Operations
from router.http.protocol import Exchange
from router.http.responses import encode
from router.subscriptions.streams import FORMATS, HEADERS
from router.translations import translated


async def answer_incrementally(
    exchange: Exchange, media_type: str, operations: Operations, operation: Operation
) -> None:
    """Answer with the primary answer and then what is deferred. Raises RequestError if there is no primary answer."""
    form = FORMATS[media_type]
    begun = False

    def write(result: Result) -> None:
        nonlocal begun
        if not begun:
            begun = True
            exchange.begin_stream(form.content_type, HEADERS)
            exchange.write(form.begin)
        exchange.write(form.event(result))

    try:
        await operations.execute_incrementally(operation, write)
    except RequestError as refused:
        if not begun:
            raise
        errors = translated(refused.errors, exchange.headers.get("accept-language"))
        write(Result(encode({"hasNext": False, "errors": errors}), failed=True))
    exchange.write(form.end)
    exchange.end_stream()
