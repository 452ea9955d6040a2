"""What all tests share."""

import gc
import os

from hypothesis import settings

pytest_plugins = ["tests.servers", "tests.harness.fixtures"]

# The same examples each time, so that a run says something of a change; `make fuzz` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
if "FUZZ" not in os.environ:
    settings.load_profile("repeatable")

gc.set_threshold(50_000, 20, 20)  # a test's objects die together with its clinic
