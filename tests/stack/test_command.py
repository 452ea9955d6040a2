"""The command `caregraph`, as it is typed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stack import launcher, local
from stack.errors import StackError


def caregraph(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CAREGRAPH_HOME": str(home), "COLUMNS": "200"}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "stack", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_second_up_says_that_the_first_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREGRAPH_HOME", str(tmp_path))
    with local.only_one():
        second = caregraph(tmp_path, "up")
    assert second.returncode == 1
    assert second.stderr == "caregraph: it is already running; `caregraph status` shows more\n"


@pytest.mark.parametrize("command", [["status"], ["migrate"]])
def test_without_a_stack_one_line_says_how_to_start_it(tmp_path: Path, command: list[str]) -> None:
    result = caregraph(tmp_path, *command)
    assert result.returncode == 1
    assert result.stderr == "caregraph: nothing is running here: start it with `make up` or `caregraph up`\n"


def test_help_is_quick_since_no_command_imports_what_only_its_work_needs() -> None:
    slow = "{'sqlalchemy', 'strawberry', 'graphql', 'aiokafka'}"
    script = f"import sys, stack.cli; print(sorted({slow} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own code
    assert result.stdout == "[]\n"


def test_logs_shows_the_last_lines_of_one_service_or_all(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "identity.log").write_text("one\ntwo\n")
    (tmp_path / "logs" / "kafka.log").write_text("three\n")
    assert caregraph(tmp_path, "logs", "-n", "1").stdout == "identity | two\nkafka    | three\n"
    assert caregraph(tmp_path, "logs", "identity").stdout == "identity | one\nidentity | two\n"
    assert "there is no log of 'pharmacy'; there are identity, kafka" in caregraph(tmp_path, "logs", "pharmacy").stderr


async def test_a_port_in_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREGRAPH_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(launcher, "PORTS", {"router": port})
        with pytest.raises(StackError, match=rf"port {port} \(router\) by process {os.getpid()}, .*PORTS=free"):
            await launcher.run(free_ports=False, report=print, doing=print, when_up=_never)


async def _never(_: local.Running) -> None:
    raise AssertionError("it must not come up")
