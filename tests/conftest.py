"""What all tests share."""

import gc
import os
from unittest.mock import patch

from hypothesis import settings

from router.http import supergraphs

pytest_plugins = ["tests.servers", "tests.harness.fixtures"]

# The same examples each time, so that a run says something of a change; `make fuzz` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
if "FUZZ" not in os.environ:
    settings.load_profile("repeatable")

# Whole collections take seconds of a process of so many tests: between two, where no statement's time runs meanwhile.
gc.set_threshold(50_000, 20, 1_000_000)
_COLLECTIONS_BETWEEN_WHOLE_ONES = 40


def pytest_runtest_logfinish() -> None:
    if gc.get_count()[2] >= _COLLECTIONS_BETWEEN_WHOLE_ONES:
        gc.collect()


# A router that starts looks through all that is there, once in its life: here that is each test, in a process of all of them.
patch.object(supergraphs, "_spare_garbage_collection").start()
