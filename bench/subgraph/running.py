"""The measured subgraphs, started as the local stack starts them, and signed requests to each."""

import asyncio
import random
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import aiohttp
import orjson
import psutil

from bench.subgraph.workloads import NURSE, Workload, query
from shared.database.engine import Database
from shared.encryption.providers import open_provider
from shared.ids import global_id
from shared.signature import sign
from stack.databases import migrate_all, prepare
from stack.environment import Addresses, of_subgraph
from stack.ports import free_port
from stack.secrets import POSTGRES_PASSWORD, generate
from stack.servers.kafka import Kafka
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey
from stack.services import PORTS, subgraph
from stack.supervisor import Service
from tests.harness import tokens
from tests.harness.databases import key_provider, stored

_KEYS = 100
_CONNECTIONS = 8


class Target:
    """A type of a running subgraph, and a client with a nurse's token that asks for 100 keys at a time, others each time."""

    def __init__(
        self,
        typename: str,
        selection: str,
        keys: Sequence[UUID],
        service: Service,
        signature_key: bytes,
        client: aiohttp.ClientSession,
    ) -> None:
        self.subgraph, self.typename, self.process = service.name, typename, psutil.Process(service.pid)
        self._url, self._signature_key, self._client = f"{service.url}/graphql", signature_key, client
        self._authorization = f"Bearer {tokens.token('NURSE', practitioner=NURSE)}"
        self._query, self._ids = query(typename, selection), [global_id(typename, key) for key in keys]

    async def ask(self, times: int) -> None:
        """Ask so many times, over several connections."""
        asked = iter(range(times))

        async def connection() -> None:
            for _ in asked:
                await self._ask()

        await asyncio.gather(*(connection() for _ in range(_CONNECTIONS)))

    async def _ask(self) -> None:
        ids = random.sample(self._ids, _KEYS)
        representations = [{"__typename": self.typename, "id": key} for key in ids]
        body = orjson.dumps({"query": self._query, "variables": {"r": representations}})
        headers = sign(self._signature_key, "POST", "/graphql", body, self._authorization)
        headers |= {"content-type": "application/json", "authorization": self._authorization}
        async with self._client.post(self._url, data=body, headers=headers) as response:
            answer = orjson.loads(await response.read())
        if "errors" in answer or [entity and entity["id"] for entity in answer["data"]["_entities"]] != ids:
            sys.exit(f"{self.subgraph} answered {answer} for {self.typename}")


@dataclass(frozen=True)
class Running:
    """The targets, and PostgreSQL: its administrator's address and its log."""

    targets: Sequence[Target]
    postgres: str
    log: Path


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the servers' data; PostgreSQL may run as another user."""
    with tempfile.TemporaryDirectory(prefix="caregraph-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@asynccontextmanager
async def running(chosen: Sequence[Workload]) -> AsyncIterator[Running]:
    """Servers, rows, subgraphs."""
    secrets = generate()
    key = secrets["ROUTER_SIGNATURE_KEY"].encode()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        log = folder / "postgres.log"
        postgres = Postgres(folder / "postgres", free_port(), secrets[POSTGRES_PASSWORD], log=log)
        valkey = Valkey(folder / "valkey", free_port(), log=folder / "valkey.log")
        kafka = Kafka(folder / "kafka", free_port(), log=folder / "kafka.log")
        for server in (postgres, valkey, kafka):
            stack.push_async_callback(server.stop)
        await asyncio.gather(postgres.start(), valkey.start(), kafka.start())
        subgraphs = [subgraph(workload.subgraph) for workload in chosen]
        databases = await prepare(postgres.url, subgraphs, secrets)
        await migrate_all(subgraphs, databases)
        addresses = Addresses(databases, valkey.url, kafka.address, {name: free_port() for name in PORTS})
        stack.enter_context(_issuer(addresses.ports["identity"]))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        targets = []
        for workload, each in zip(chosen, subgraphs, strict=True):
            keys = await _fill(databases[each.name], workload)
            command = [sys.executable, "-m", "shared.service", each.module]
            environment = of_subgraph(each, addresses, secrets) | {"KEY_PROVIDER": key_provider()}
            service = Service(each.name, command, environment, addresses.url(each.name), folder / f"{each.name}.log")
            stack.push_async_callback(service.stop)
            await service.start()
            targets += [Target(*asked, keys[asked[0]], service, key, client) for asked in workload.selections.items()]
        yield Running(targets, postgres.url, log)


async def _fill(url: str, workload: Workload) -> Mapping[str, Sequence[UUID]]:
    """Store the rows; their keys, by type."""
    keys = defaultdict(list)
    database = Database(url, domain=workload.subgraph, key_provider=open_provider(key_provider()))
    async with stored(database) as session:
        for rows in workload.rows:
            session.add_all(rows)
            await session.flush()
            for row in rows:
                keys[type(row).__name__].append(row.id)
    await database.close()
    return keys


@contextmanager
def _issuer(port: int) -> Iterator[None]:
    """Publishes the key of the tokens, in identity's place."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps(tokens.jwks())
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
