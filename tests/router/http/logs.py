"""Logs as the router itself configures them, whatever the run of tests does with logs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def logs_of_its_own() -> Iterator[None]:
    """Begin with the library's defaults, and put back what was configured."""
    before, handlers, level = structlog.get_config(), logging.root.handlers[:], logging.root.level
    structlog.reset_defaults()
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
