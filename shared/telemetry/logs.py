"""Structured logs, a JSON object a line, without PHI: a line may hold the keys below and no other.

Variables, arguments, names and free text never reach a log, because a key that is not on the list is dropped.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "attempt",
        "cause",
        "code",
        "consumer",
        "count",
        "error",
        "event",
        "exception",
        "job",
        "level",
        "logger",
        "offset",
        "operation",
        "path",
        "port",
        "request_id",
        "resource",
        "seconds",
        "service",
        "status",
        "timestamp",
        "topic",
        "trace_id",
        "type",
    }
)


def set_up_logging(service: str, level: str) -> None:
    """Send structlog's and the standard library's lines through the same list of allowed keys to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _where_it_was_raised,
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("aiokafka", "httpx", "httpcore", "sqlalchemy", "strawberry", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.ERROR if chatty != "strawberry" else logging.CRITICAL)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def _where_it_was_raised(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and the places in the code: its message may quote a value."""
    info = line.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info if isinstance(info, BaseException) else None
    if error is not None:
        frames = []
        traceback = error.__traceback__
        while traceback is not None:
            frames.append(f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}")
            traceback = traceback.tb_next
        line["exception"] = {"type": type(error).__name__, "frames": frames[-8:]}
    return line


def _only_allowed(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in line.items() if key in ALLOWED}
