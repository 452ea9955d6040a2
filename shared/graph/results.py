"""What happens to every result before it leaves: the audit trail is stored, errors give nothing away, time is measured."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import StreamExecutionResult

from shared.auth.principal import Forbidden
from shared.database.engine import sqlstate
from shared.encryption.value import Erased
from shared.errors import Refusal
from shared.graph.context import Context
from shared.telemetry.metrics import OPERATIONS

# PostgreSQL's codes: the class of values that it cannot take, and a statement that it has ended, as for its time limit.
_DATA_EXCEPTION, _QUERY_CANCELED = "22", "57014"

log = structlog.get_logger(__name__)


class FinishResults(SchemaExtension):
    """Finishes each result of an operation; if the audit entries cannot be stored, the operation fails."""

    async def on_operation(self) -> AsyncIterator[None]:
        """The end of a subscription."""
        started, given = time.perf_counter(), self.execution_context
        given.context.recorder.operation = given.operation_name
        yield
        await finish(given.result, given.context, started)

    async def on_stream_result(self, result: StreamExecutionResult) -> AsyncIterator[None]:
        """A subscription's event."""
        await _finish(result, self.execution_context.context)
        yield


async def finish(result: Any, context: Context, started: float) -> None:
    """What an operation that began at `started` (of `time.perf_counter`) has come to."""
    await _finish(result, context)
    outcome = "errors" if getattr(result, "errors", None) else "success"
    OPERATIONS.labels(context.runtime.service, outcome).observe(time.perf_counter() - started)


async def _finish(result: Any, context: Context) -> None:
    try:
        await context.flush_audit()
    except Exception as error:  # whatever keeps it from being stored
        if result is None:
            raise
        result.data, result.errors = None, [GraphQLError(str(error), original_error=error)]
    if getattr(result, "errors", None):
        result.errors = [masked(error, context) for error in result.errors]


def masked(error: GraphQLError, context: Context) -> GraphQLError:
    """What was raised on purpose as it is, a denial as such, a fault without its text, which may quote a value.

    A value that only the database refuses is the client's mistake; the log tells where it should have been noticed.
    """
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        return error
    path = ".".join(map(str, error.path or ()))
    extensions: Mapping[str, Any] = {"code": "INTERNAL_SERVER_ERROR"}
    message = "This could not be answered because of a fault; try again later."
    if isinstance(original, Refusal):
        message = context.translator.sentence(original)
        extensions = {"code": "BAD_USER_INPUT", "problems": context.translator.problems(original)}
    elif isinstance(original, Forbidden):
        message, extensions = "The caller may not do this.", {"code": "FORBIDDEN", "scope": original.scope}
    elif isinstance(original, Erased):
        message, extensions = "This was erased for good.", {"code": "ERASED"}
    elif sqlstate(original).startswith(_DATA_EXCEPTION):
        message, extensions = "A value cannot be stored or compared with.", {"code": "BAD_USER_INPUT"}
        log.warning("operation.value_refused", path=path, code=sqlstate(original))
    elif sqlstate(original) == _QUERY_CANCELED:
        message, extensions = "This takes too long: narrow the search, or ask for less at once.", {"code": "TIMEOUT"}
        log.warning("operation.timeout", path=path)
    else:
        log.error("operation.fault", path=path, exc_info=original)
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=dict(extensions))
