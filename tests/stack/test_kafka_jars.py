"""Kafka's jars come exactly as locked, or not at all."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jgo.maven
import pytest

from stack.errors import StackError
from stack.servers import kafka

JAR = b"a jar"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on the loopback address that holds org.example:tool:1.0."""
    files = tmp_path / "repository"
    jar = files / "org/example/tool/1.0/tool-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(JAR)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(files)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    remote = {"local": f"http://127.0.0.1:{server.server_port}"}
    monkeypatch.setattr(jgo.maven, "MavenContext", partial(jgo.maven.MavenContext, remote_repos=remote))
    yield jar
    server.shutdown()
    server.server_close()
    thread.join()


def _lock(monkeypatch: pytest.MonkeyPatch, folder: Path, *lines: str) -> None:
    lock = folder / "kafka.lock"
    lock.write_text("\n".join(("# a comment", *lines)) + "\n")
    monkeypatch.setattr(kafka, "_LOCK", lock)


def test_a_jar_is_fetched_once_and_kept(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _lock(monkeypatch, tmp_path, f"org.example:tool:1.0 {hashlib.sha256(JAR).hexdigest()}")
    (path,) = kafka.fetch_jars(tmp_path / "cache")
    assert path.read_bytes() == JAR
    repository.unlink()
    assert kafka.fetch_jars(tmp_path / "cache") == [path]
    assert [file.name for file in path.parent.iterdir()] == ["tool-1.0.jar"]


def test_a_jar_with_another_content_is_refused(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lock(monkeypatch, tmp_path, f"org.example:tool:1.0 {hashlib.sha256(JAR).hexdigest()}")
    repository.write_bytes(b"another jar")
    with pytest.raises(StackError, match="is not the one that"):
        kafka.fetch_jars(tmp_path / "cache")
    assert list((tmp_path / "cache" / "jars").iterdir()) == []


def test_without_a_network_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unreachable = {"nowhere": "http://127.0.0.1:9"}
    monkeypatch.setattr(jgo.maven, "MavenContext", partial(jgo.maven.MavenContext, remote_repos=unreachable))
    with pytest.raises(StackError) as error:
        kafka.fetch_jars(tmp_path)
    assert "KAFKA_BOOTSTRAP_SERVERS" in str(error.value)
    assert "could not be fetched" in str(error.value)
    assert "\n" not in str(error.value)
