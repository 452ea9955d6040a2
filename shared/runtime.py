"""What a running service holds for its whole life."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from shared.auth.tokens import TokenVerifier
from shared.database.engine import Database
from shared.graph.client import GraphClient
from shared.settings import Settings
from shared.translations import Translations


@dataclass(frozen=True)
class Runtime:
    """A service's settings and connections. `resources` is what a domain opens for itself."""

    service: str
    settings: Settings
    database: Database
    redis: Redis
    verifier: TokenVerifier
    translations: Translations
    graph: GraphClient
    resources: Any = None
