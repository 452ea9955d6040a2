"""How long `caregraph up` takes from the command to the first answered query, stage by stage.

.venv/bin/python bench/start/measure.py

It starts the stack twice on free ports, in a folder of its own: first on no data, then on what the first left.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from dotenv import dotenv_values
from rich.console import Console
from rich.table import Table

_LIMIT_SECONDS = 180
_LOG_IN = "mutation ($input: LogInInput!) { logIn(input: $input) { ... on LogInSuccess { accessToken } } }"
_QUERY = "{ me { email } appointments(first: 3) { nodes { startsAt practitioner { id } patient { id } location { name } } } }"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="caregraph-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        starts = {"first start": _start(home), "warm start": _start(home)}
    for title, stages in starts.items():
        table = Table("stage", "from s", "to s", title=f"{title} ({os.cpu_count()} cores)")
        for name, (begin, end) in stages.items():
            table.add_row(name, f"{begin:.1f}", f"{end:.1f}")
        Console().print(table)


def _start(home: Path) -> dict[str, tuple[float, float]]:
    """Begin and end of each stage, in seconds after the command."""
    command = time.time()
    launcher = subprocess.Popen(
        [sys.executable, "-m", "stack", "up", "--free-ports"],
        env={**os.environ, "CAREGRAPH_HOME": str(home)},
        stdout=sys.stderr,
    )
    try:
        running = _wait_until_running(home, launcher)
        up = time.time() - command
        _query(f"http://127.0.0.1:{running['addresses']['ports']['router']}/graphql", home)
        answered = time.time() - command
    finally:
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(timeout=60)
    offset = running["began"] - command
    stages = {name: (begin + offset, end + offset) for name, (begin, end) in running["stages"].items()}
    return {"interpreter": (0.0, offset), **stages, "first query": (up, answered)}


def _wait_until_running(home: Path, launcher: "subprocess.Popen[bytes]") -> dict[str, Any]:
    state = home / "running.json"
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not state.exists():
        if launcher.poll() is not None or time.monotonic() > deadline:
            sys.exit("the stack did not start")
        time.sleep(0.01)
    running: dict[str, Any] = json.loads(state.read_text())
    return running


def _query(url: str, home: Path) -> None:
    """What a receptionist sees first, over four subgraphs, the log-in included."""
    password = dotenv_values(home / "secrets.env")["DEMO_PASSWORD"]
    with httpx.Client(timeout=30, trust_env=False) as client:
        credentials = {"input": {"email": "receptionist@caregraph.example", "password": password}}
        granted = _data(client.post(url, json={"query": _LOG_IN, "variables": credentials}))["logIn"]
        authorization = {"authorization": f"Bearer {granted['accessToken']}"}
        answer = _data(client.post(url, json={"query": _QUERY}, headers=authorization))
    if not answer["appointments"]["nodes"]:
        sys.exit("there are no appointments")


def _data(response: httpx.Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.json()
    if "errors" in answer:
        sys.exit(f"the router answered {answer}")
    data: dict[str, Any] = answer["data"]
    return data


if __name__ == "__main__":
    main()
