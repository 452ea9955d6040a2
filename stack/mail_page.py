"""The mails of the local stack, which leave it for nowhere, on a page for people at this machine."""

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_MOST = 100
_OURSELVES = ("127.0.0.1", "localhost")
_STYLE = (
    "body{font:15px system-ui,sans-serif;margin:2rem;max-width:50rem}"
    "pre{white-space:pre-wrap}article{border-top:1px solid}"
)


@contextmanager
def serving(folder: Path, port: int) -> Iterator[None]:
    """Show what is in the folder at `http://127.0.0.1:port/` while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(folder))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def page(folder: Path) -> str:
    """The last mails as HTML, the newest first. Names of files are in the order of time."""
    files = sorted(folder.glob("*.eml"), reverse=True)
    shown = "".join(map(_article, files[:_MOST])) or "<p>None was sent yet.</p>"
    title = f"{len(files)} mails" if len(files) <= _MOST else f"The last {_MOST} of {len(files)} mails"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>CareGraph\'s mail</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{shown}</body></html>"
    )


def _article(file: Path) -> str:
    message = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    sent = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    parts = {
        "h2": message["Subject"] or "",
        "p": f"to {message['To']}, {sent:%Y-%m-%d %H:%M:%S} UTC",
        "pre": body.get_content() if body is not None else "",
    }
    return f"<article>{''.join(f'<{tag}>{html.escape(str(text))}</{tag}>' for tag, text in parts.items())}</article>"


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A foreign name that leads here (DNS rebinding) would let a page read links that log people in.
            is_ours = self.headers.get("host", "").partition(":")[0] in _OURSELVES
            if self.path != "/" or not is_ours:
                self.send_error(404)
                return
            body = page(folder).encode()
            self.send_response(200)
            for name, value in (
                ("content-type", "text/html; charset=utf-8"),
                ("content-length", str(len(body))),
                ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
                ("cache-control", "no-store"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Who reads mail is nothing to log."""

    return Handler
