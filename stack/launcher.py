"""Bringing the whole stack up and keeping it up."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack import local, mail_page
from stack.databases import migrate_all, prepare
from stack.environment import Addresses, of_router, of_subgraph
from stack.errors import StackError
from stack.ports import free_port, is_free, listener
from stack.secrets import DEMO_PASSWORD, KEY_ENCRYPTION_KEYS, POSTGRES_PASSWORD, load_or_create, write_keys
from stack.servers.kafka import Kafka
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey
from stack.services import MAIL, PORTS, ROUTER, ROUTER_CONFIG, SUBGRAPHS, SUPERGRAPH
from stack.supervisor import Service, Unit, keep

Report = Callable[[str], None]
WhenUp = Callable[[local.Running], Awaitable[None]]


async def run(*, free_ports: bool, report: Report, doing: Report, when_up: WhenUp) -> None:
    """Start everything, call `when_up`, and keep everything running until cancelled; then stop all of it in order.

    `report` gets a line for what is done, `doing` what is under way, whenever that changes.
    """
    with local.only_one():
        try:
            await _run(_choose_ports(free=free_ports), _Stages(report, doing), when_up)
        except BaseExceptionGroup as group:
            problems, others = group.split(StackError)
            if problems is None or others is not None:
                raise
            raise _first(problems) from None


async def _run(ports: Mapping[str, int], stages: "_Stages", when_up: WhenUp) -> None:
    secrets = load_or_create(local.secrets_file())
    write_keys(local.keys_file(), secrets[KEY_ENCRYPTION_KEYS])
    async with asyncio.TaskGroup() as servers:
        addresses = await _start_servers(servers, ports, secrets, stages)
        async with asyncio.TaskGroup() as services:
            services.create_task(_show_mail(ports[MAIL]))
            await asyncio.gather(*(_launch(services, each, stages) for each in _services(addresses, secrets)))
            from stack import graphiql
            from stack.demo.load import load  # slow to import, and it has the services' code with it

            graph = f"{addresses.url(ROUTER)}/graphql"
            await stages.run("demo data", load(addresses.databases, graph, secrets[DEMO_PASSWORD]))
            graphiql.offer(secrets[DEMO_PASSWORD])
            running = local.Running(os.getpid(), addresses, stages.began, stages.spans)
            running.save()
            await when_up(running)


async def _start_servers(
    group: asyncio.TaskGroup, ports: Mapping[str, int], secrets: Mapping[str, str], stages: "_Stages"
) -> Addresses:
    """Start the servers that the environment does not name, all at once; migrate the databases as soon as they can be."""
    server, redis, brokers = (os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS"))
    starts = []
    if not brokers:
        kafka = Kafka(local.home() / "kafka", ports["kafka"], log=_log("kafka"))
        starts.append(_launch(group, kafka, stages))
        brokers = kafka.address
    if not redis:
        valkey = Valkey(local.home() / "valkey", ports["valkey"], log=_log("valkey"))
        starts.append(_launch(group, valkey, stages))
        redis = valkey.url
    if server:
        databases = await prepare(server, SUBGRAPHS, {})
    else:
        password = secrets[POSTGRES_PASSWORD]
        postgres = Postgres(local.home() / "postgres", ports["postgres"], password, log=_log("postgres"))
        await _launch(group, postgres, stages)
        databases = await prepare(postgres.url, SUBGRAPHS, secrets)
    await stages.run("migrations", migrate_all(SUBGRAPHS, databases))
    await asyncio.gather(*starts)
    return Addresses(databases, redis, brokers, ports)


@dataclass
class _Stages:
    """When each stage of the start began and ended, in seconds after the launcher began."""

    report: Report
    doing: Report
    began: float = field(default_factory=time.time)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)

    async def run(self, name: str, stage: Awaitable[object]) -> None:
        """Run a stage and note how long it took."""
        start = time.time() - self.began
        self.under_way.append(name)
        self.doing(", ".join(self.under_way))
        await stage
        self.under_way.remove(name)
        self.doing(", ".join(self.under_way))
        end = time.time() - self.began
        self.spans[name] = (round(start, 3), round(end, 3))
        self.report(f"{name} took {end - start:.1f} s")


def _launch(group: asyncio.TaskGroup, unit: Unit, stages: _Stages) -> "asyncio.Task[None]":
    """Keep a unit running as part of a group; the task that is returned ends when the unit is up."""
    ready = asyncio.Event()
    group.create_task(keep(unit, ready, stages.report))
    return group.create_task(stages.run(unit.name, ready.wait()))


async def _show_mail(port: int) -> None:
    """Show until cancelled what is in the folder of mails."""
    with mail_page.serving(local.mail(), port):
        await asyncio.Event().wait()


def _services(addresses: Addresses, secrets: Mapping[str, str]) -> list[Service]:
    subgraphs = [
        Service(
            each.name,
            [sys.executable, "-m", "shared.service", each.module],
            of_subgraph(each, addresses, secrets),
            addresses.url(each.name),
            _log(each.name),
        )
        for each in SUBGRAPHS
    ]
    options = {
        "--supergraph": str(SUPERGRAPH),
        "--config": str(ROUTER_CONFIG),
        "--host": "127.0.0.1",
        "--port": str(addresses.ports[ROUTER]),
    }
    command = [sys.executable, "-m", "router", "serve", *(part for option in options.items() for part in option)]
    router = Service(ROUTER, command, of_router(addresses, secrets), addresses.url(ROUTER), _log(ROUTER))
    return [*subgraphs, router]


def _choose_ports(*, free: bool) -> dict[str, int]:
    """A port for each server and service."""
    if free:
        return {name: free_port() for name in PORTS}
    taken = [f"port {port} ({name}) by {listener(port)}" for name, port in PORTS.items() if not is_free(port)]
    if taken:
        raise StackError(f"in use: {'; '.join(taken)}. End what uses them, or choose free ones: `make up PORTS=free`")
    return dict(PORTS)


def _log(name: str) -> Path:
    return local.logs() / f"{name}.log"


def _first(group: BaseExceptionGroup[StackError]) -> StackError:
    """The first error of a group of groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, StackError)  # noqa: S101 - the group was split by its type
    return error
