"""What a checkout's local stack keeps on disk, in `.local` or where CAREGRAPH_HOME says."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from stack.environment import Addresses
from stack.errors import StackError
from stack.services import ROOT


def home() -> Path:
    """The folder of all that the stack keeps."""
    return Path(os.environ.get("CAREGRAPH_HOME") or ROOT / ".local").absolute()


def logs() -> Path:
    """The folder of one log file a process."""
    return home() / "logs"


def secrets_file() -> Path:
    """The stack's own secrets."""
    return home() / "secrets.env"


def keys_file() -> Path:
    """The stack's own key-encryption keys, of which the last one wraps."""
    return home() / "key-encryption-keys"


def mail() -> Path:
    """The folder of all mails that were sent, a file each."""
    return home() / "mail"


def graphiql_file() -> Path:
    """What GraphiQL offers: demo accounts and examples."""
    return home() / "graphiql.json"


def key_provider() -> str:
    """What wraps data keys: as KEY_PROVIDER says, or else those keys."""
    return os.environ.get("KEY_PROVIDER") or keys_file().as_uri()


def demo_is_loaded() -> bool:
    """Whether the demo data was once loaded to its end."""
    return _demo_mark().exists()


def note_demo_loaded() -> None:
    """Remember that it was."""
    _demo_mark().touch()


def _demo_mark() -> Path:
    return home() / "demo-loaded"


@dataclass(frozen=True)
class Running:
    """The stack that runs: its launcher, where everything is, and when it started.

    `began` is a Unix time; `stages` has the begin and end of each stage of the start, in seconds after it.
    """

    pid: int
    addresses: Addresses
    began: float
    stages: dict[str, tuple[float, float]]

    def save(self) -> None:
        """Write it down for the other commands. It holds passwords: only its owner may read it."""
        unfinished = _state_file().with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(_state_file())


def _state_file() -> Path:
    return home() / "running.json"


@contextmanager
def only_one() -> Iterator[None]:
    """Be the only launcher of this stack while the block lasts."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"it is already running{_where()}; `caregraph status` shows more") from None
        _state_file().unlink(missing_ok=True)
        try:
            yield
        finally:
            _state_file().unlink(missing_ok=True)


def _where() -> str:
    state = _read()
    return "" if state is None else f" (process {state.pid}) at {state.addresses.url('router')}"


def running() -> Running:
    """The stack that runs now; `StackError` if none does."""
    state = _read()
    if state is None or not _is_locked():
        raise StackError("nothing is running here: start it with `make up` or `caregraph up`")
    return state


def _read() -> Running | None:
    try:
        values = json.loads(_state_file().read_text())
    except FileNotFoundError:
        return None
    return Running(**values | {"addresses": Addresses(**values["addresses"])})


def _is_locked() -> bool:
    with (home() / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
