"""What a header section that was parsed tells of the next message."""

import pytest

from router.header_sections import HeaderSection, header_section

BEFORE = b"HTTP/1.1 200 OK\r\ndate: now\r\nContent-Length: "
AFTER = b"\r\ncontent-type: text/plain\r\n\r\n"


def known(answer: bytes, size: int) -> HeaderSection[str]:
    found = header_section(answer, size, "this")
    assert found is not None
    return found


@pytest.mark.parametrize("body", [b"", b"a", b"\r\n\r\n", b"a" * 1000])
def test_an_answer_of_another_length_has_the_same_head(body: bytes) -> None:
    section = known(BEFORE + b"3" + AFTER + b"abc", 3)
    assert section.parsed == "this"
    assert section.body_of(BEFORE + b"%d" % len(body) + AFTER + body) == body


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        BEFORE,
        BEFORE + b"3",
        BEFORE + b"3" + AFTER + b"ab",
        BEFORE + b"3" + AFTER + b"abcd",
        BEFORE + b"+3" + AFTER + b"abc",
        BEFORE + b"0_3" + AFTER + b"abc",
        BEFORE + b"" + AFTER,
        BEFORE + b"9" * 5000 + AFTER,
        BEFORE + b"3\r\nx: y" + AFTER + b"abc",
        BEFORE.replace(b"now", b"later") + b"3" + AFTER + b"abc",
        BEFORE + b"3" + AFTER.replace(b"plain", b"html") + b"abc",
    ],
)
def test_anything_else_is_not_known(answer: bytes) -> None:
    assert known(BEFORE + b"3" + AFTER + b"abc", 3).body_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "size"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\n\r\n", 0),
        (b"HTTP/1.1 103 Early\r\ncontent-length: 1\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na", 1),
        (b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\naPOST / HTTP/1.1\r\ncontent-length: 1\r\n\r\na", 1),
        (b"HTTP/1.1 200 OK\r\nx: y\r\n\r\ncontent-length: 1\r\n", 19),
    ],
)
def test_only_one_head_with_its_length_is_kept(answer: bytes, size: int) -> None:
    assert header_section(answer, size, "this") is None
