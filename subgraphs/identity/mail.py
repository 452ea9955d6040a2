"""Mail: to a server by SMTP (RFC 5321), or in development to a folder, a file each."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.ids import new_id

TIMEOUT_SECONDS = 10
_SUBMISSION_PORT, _SUBMISSIONS_PORT = 587, 465


async def send(url: str, sender: str, recipient: str, subject: str, text: str) -> None:
    """Send a mail to what `url` names, `smtp[s]://…` or `file:///…`; raises OSError (smtplib's errors are such)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> "))
    message.set_content(text)
    await asyncio.to_thread(_write if url.startswith("file:") else _submit, url, message)


def _write(url: str, message: EmailMessage) -> None:
    folder = Path(unquote(urlsplit(url).path))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = folder / f"{new_id()}.new"
    unfinished.write_bytes(message.as_bytes())
    unfinished.rename(unfinished.with_suffix(".eml"))


def _submit(url: str, message: EmailMessage) -> None:
    """Over TLS from the beginning (smtps), or by STARTTLS, which a server that wants a password must offer."""
    parts = urlsplit(url)
    host, tls = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or _SUBMISSIONS_PORT, timeout=TIMEOUT_SECONDS, context=tls
        )
    else:
        server = smtplib.SMTP(host, parts.port or _SUBMISSION_PORT, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (parts.username or server.has_extn("starttls")):
            server.starttls(context=tls)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
