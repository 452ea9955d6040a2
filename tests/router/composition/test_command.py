"""`python -m router compose`, and the file that it reads."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.composition import command
from router.composition.config import ConfigError, load


def write(folder: Path, text: str) -> Path:
    path = folder / "supergraph.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "a.graphql").write_text("type Query { a: Int }", encoding="utf-8")
    return write(
        tmp_path,
        """
        federation_version: =2.11.0
        subgraphs:
          a: {routing_url: "http://a/graphql", schema: {file: ./a.graphql}}
          b: {routing_url: "http://b/graphql", schema: {sdl: "type Query { b: Int }"}}
        """,
    )


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return write(tmp_path, 'subgraphs: {a: {routing_url: "http://a", schema: {sdl: "type Query { a: Nothing }"}}}')


@pytest.fixture
def subgraph() -> Iterator[str]:
    """The address of a subgraph that only tells its SDL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"data": {"_service": {"sdl": "type Query { c: Int }"}}}).encode()
            self.send_response(200 if self.path == "/graphql" else 404)
            self.end_headers()
            self.wfile.write(body if self.path == "/graphql" else b"nothing here")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_command_prints_the_supergraph(config: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "router", "compose", "--config", str(config)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert 'A @join__graph(name: "a", url: "http://a/graphql")' in done.stdout
    assert done.stderr == ""


def test_the_command_writes_a_file(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "supergraph.graphql"
    assert command.run(config, output) == 0
    assert "enum join__Graph" in output.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_errors_go_to_standard_error_with_code_subgraph_and_place(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(broken, None) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "INVALID_GRAPHQL: [a] " in captured.err
    assert "at a:1:14" in captured.err


def test_json_has_everything(config: Path, broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(broken, None, "json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["supergraph"] is None
    assert answer["errors"][0]["code"] == "INVALID_GRAPHQL"
    assert answer["errors"][0]["locations"] == [{"subgraph": "a", "line": 1, "column": 14}]


def test_subgraphs_can_be_asked(tmp_path: Path, subgraph: str) -> None:
    [found] = load(write(tmp_path, f"subgraphs: {{c: {{schema: {{subgraph_url: {subgraph}/graphql}}}}}}"))
    assert (found.url, found.sdl) == (f"{subgraph}/graphql", "type Query { c: Int }")


def test_subgraphs_that_do_not_answer_are_named(tmp_path: Path, subgraph: str) -> None:
    with pytest.raises(ConfigError, match='subgraph "c"'):
        load(write(tmp_path, f"subgraphs: {{c: {{schema: {{subgraph_url: {subgraph}/nowhere}}}}}}"))


def test_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'subgraphs: {a: {routing_url: "http://${env.HOST_OF_A}/", schema: {sdl: "type Query { a: Int }"}}}'
    with pytest.raises(ConfigError, match="HOST_OF_A is not set"):
        load(write(tmp_path, text))
    monkeypatch.setenv("HOST_OF_A", "somewhere")
    assert load(write(tmp_path, text))[0].url == "http://somewhere/"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subgraphs: [", "is not YAML"),
        ("subgraph: {}", 'there is no key "subgraph"'),
        ("subgraphs: {}", "at least one subgraph"),
        ("subgraphs: {a: {schema: {sdl: x}}}", "routing_url"),
        ("subgraphs: {a: {routing_url: x, schema: {}}}", "give one of"),
        ("subgraphs: {a: {routing_url: x, schema: {file: a, sdl: b}}}", "give one of"),
        ("subgraphs: {a: {routing_url: x, schema: {file: nowhere.graphql}}}", "nowhere.graphql"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=said):
        load(path)
    assert command.run(path, None) == 1
    assert said in capsys.readouterr().err


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "nothing.yaml")
