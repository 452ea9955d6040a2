"""The supergraph that is served, and the loading of a new one while requests go on.

An engine never changes: a new supergraph is a new engine. Requests under way finish on the engine that prepared them.
"""

import asyncio
import contextlib
import gc
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import structlog

from router.authorization.rules import AccessRules
from router.config import ConfigurationError, SupergraphSection
from router.engine import Engine
from router.supergraph.reader import SupergraphError
from router.telemetry import SUPERGRAPHS

_LOG = structlog.get_logger("router.supergraph")


@dataclass(frozen=True, eq=False)
class ServedSupergraph:
    """An engine and the digest of the supergraph that it runs."""

    engine: Engine
    digest: str

    @property
    def rules(self) -> AccessRules:
        """Who may see what of it."""
        return self.engine.rules

    @cached_property
    def places(self) -> dict[str, str]:
        """Where each subgraph is."""
        return {name: subgraph.url for name, subgraph in self.engine.supergraph.subgraphs.items()}


class SupergraphUnavailableError(Exception):
    """There is no usable supergraph at the source; the message says why."""


class Supergraphs:
    """Follows the configured source. `current` is None until a first supergraph was loaded."""

    def __init__(self, config: SupergraphSection, build: Callable[[str], Engine]) -> None:
        self._config = config
        self._build = build
        self._source, self._interval = _source(config)
        self._watcher: asyncio.Task[None] | None = None
        self.current: ServedSupergraph | None = None

    async def start(self) -> None:
        """Take up the first supergraph. Raises SupergraphUnavailableError, except where subgraphs may still come up."""
        try:
            await self._load(await self._source())
        except SupergraphUnavailableError as error:
            if self._config.subgraphs is None:
                raise
            _LOG.error("no supergraph yet", error=str(error))
        if self._config.sdl is None:
            self._watcher = asyncio.create_task(self._watch(), name="supergraph")

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher

    async def _watch(self) -> None:
        refused = ""
        while True:
            await asyncio.sleep(self._interval)
            try:
                sdl = await self._source()
                if _digest(sdl) != refused:
                    refused = _digest(sdl)  # a supergraph that fails is not tried again until it changes
                    await self._load(sdl)
                    refused = ""
            except SupergraphUnavailableError as error:
                SUPERGRAPHS.labels("refused").inc()
                _LOG.error("supergraph refused, the last one stays", error=str(error))

    async def _load(self, sdl: str) -> None:
        digest = _digest(sdl)
        if self.current is not None and self.current.digest == digest:
            return
        try:
            engine = await asyncio.to_thread(self._build, sdl)
        except SupergraphError as error:
            raise SupergraphUnavailableError(str(error)) from error
        self.current = ServedSupergraph(engine, digest)
        _spare_garbage_collection()
        SUPERGRAPHS.labels("loaded").inc()
        _LOG.info("supergraph loaded", digest=digest[:12])


def _spare_garbage_collection() -> None:
    """Look for garbage in what is new alone: engines are large and live long. The last one goes when the next comes."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _digest(sdl: str) -> str:
    return hashlib.sha256(sdl.encode()).hexdigest()


def _source(config: SupergraphSection) -> tuple[Callable[[], Awaitable[str]], float]:
    """How the SDL is obtained, and how often it is looked at."""
    if config.subgraphs is not None:
        composer = _Composer(config.subgraphs)
        return lambda: asyncio.to_thread(composer), config.compose_interval
    if config.file is not None:
        path = config.file
        return lambda: asyncio.to_thread(_read, path), config.poll_interval
    if config.sdl is None:
        raise ConfigurationError("no supergraph: give --supergraph FILE, --subgraphs FILE or the key 'supergraph.file'")
    sdl = config.sdl

    async def given() -> str:
        return sdl

    return given, config.poll_interval


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SupergraphUnavailableError(f"{path} cannot be read: {error}") from error


class _Composer:
    """Composes what a supergraph.yaml names, again only when that changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._composed: tuple[Sequence[object], str] | None = None

    def __call__(self) -> str:
        from router.composition import compose
        from router.composition.config import ConfigError, load

        try:
            subgraphs = load(self._path)
        except ConfigError as error:
            raise SupergraphUnavailableError(str(error)) from error
        if self._composed is not None and self._composed[0] == subgraphs:
            return self._composed[1]
        composition = compose(subgraphs)
        if composition.supergraph_sdl is None:
            raise SupergraphUnavailableError("\n".join(map(str, composition.errors)))
        self._composed = (subgraphs, composition.supergraph_sdl)
        return composition.supergraph_sdl
