"""The page of the local stack's mails."""

from pathlib import Path

import httpx

from stack.mail_page import serving
from stack.ports import free_port
from subgraphs.identity.mail import send

SENDER = "CareGraph <no-reply@caregraph.example>"


async def test_mails_are_shown_newest_first_and_escaped(tmp_path: Path) -> None:
    folder, port = tmp_path / "mail", free_port()
    with serving(folder, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert "None was sent yet" in (await client.get("/")).text
            await send(
                folder.as_uri(), SENDER, "a@caregraph.example", "First", "Grüße: <script>alert(1)</script> & more"
            )
            await send(
                folder.as_uri(), SENDER, "b@caregraph.example", "Second <b>", "https://portal.example/?token=1&x=2"
            )
            answer = await client.get("/")
            text = answer.text
            assert text.index("Second &lt;b&gt;") < text.index("First")
            assert "Grüße: &lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
            assert "<script" not in text
            assert "2 mails" in text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert (await client.get("/", headers={"host": "rebound.example"})).status_code == 404
            assert (await client.get("/../secrets.env")).status_code == 404


async def test_only_the_last_hundred_are_shown(tmp_path: Path) -> None:
    for number in range(103):
        (tmp_path / f"{number:04}.eml").write_bytes(b"Subject: number %d.\r\n\r\nText" % number)
    (tmp_path / "0999.new").write_bytes(b"Subject: half written")
    port = free_port()
    with serving(tmp_path, port):
        async with httpx.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"http://127.0.0.1:{port}/")).text
    assert "The last 100 of 103 mails" in text
    assert "number 102." in text
    assert "number 2." not in text
    assert "half written" not in text
