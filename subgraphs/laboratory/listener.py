"""Where the laboratory's service listens to analyzers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import structlog

from shared.runtime import Runtime
from subgraphs.laboratory.hl7.mllp import listening
from subgraphs.laboratory.service.inbound import receive
from subgraphs.laboratory.settings import LaboratorySettings

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_listener(runtime: Runtime) -> AsyncIterator[None]:
    """Take messages by MLLP for the block, at the address of the settings, if there is one."""
    address = cast("LaboratorySettings", runtime.settings).laboratory_mllp_address
    if address is None:
        yield
        return
    host, _, port = address.rpartition(":")
    async with listening(host.strip("[]"), int(port), partial(receive, runtime.database)):
        log.info("mllp.listening", port=int(port))
        yield
