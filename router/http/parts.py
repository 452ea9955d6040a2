"""Answers of which some parts come later: Apollo's `multipart/mixed;deferSpec=20220824`, or server-sent events."""

from router.errors import RequestRefused
from router.execution.result import Result
from router.http.operations import Operation, Operations
from router.http.protocol import Exchange
from router.http.responses import encode
from router.subscriptions.streams import FORMATS, HEADERS


async def answer_in_parts(exchange: Exchange, media_type: str, operations: Operations, operation: Operation) -> None:
    """Answer with the primary part and then what is deferred. Raises RequestRefused if there is no primary part."""
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
        await operations.execute_in_parts(operation, write)
    except RequestRefused as refused:
        if not begun:
            raise
        write(Result(encode({"hasNext": False, "errors": refused.errors}), failed=True))
    exchange.write(form.end)
    exchange.end_stream()
