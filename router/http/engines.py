"""Makes engines: what the configuration says about planning and execution, over one shared transport."""

from router.config import Config
from router.engine import Engine, EngineConfig
from router.execution.transport import HttpTransport


class EngineBuilder:
    """Holds the connections to subgraphs, which outlive each engine."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._transport: HttpTransport | None = None

    async def start(self) -> None:
        self._transport = HttpTransport(self._config.subgraphs)

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.close()

    def build(self, sdl: str) -> Engine:
        """An engine for this supergraph. Raises SupergraphError."""
        assert self._transport is not None  # noqa: S101 - started with the application
        return Engine(sdl, transport=self._transport, config=EngineConfig())
