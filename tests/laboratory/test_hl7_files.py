"""Files of messages are taken as messages by MLLP are, each once."""

from pathlib import Path

import pytest

from shared.ids import new_id
from stack.importer.hl7 import Trouble, files, import_hl7, messages
from tests.laboratory.conftest import Lab, loinc
from tests.laboratory.hl7_messages import Style, header, message, obx, oru, segment
from tests.laboratory.inbound import potassium, sender

_ONE, _TWO = oru(obx("1")), oru(obx("2"))
_BATCH = b"FHS|^~\\&|A\rBHS|^~\\&|A\r%s%sBTS|2\rFTS|1\r" % (_ONE, _TWO)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", 0),
        (b"nothing of the kind", 0),
        (_ONE, 1),
        (b"\xef\xbb\xbf" + _ONE, 1),
        (_ONE + _TWO, 2),
        (b"\x0b%s\x1c\r\x0b%s\x1c\r" % (_ONE, _TWO), 2),
        (_BATCH, 2),
        (_BATCH.replace(b"\r", b"\r\n"), 2),
        (_BATCH.replace(b"\r", b"\n"), 2),
        (oru(obx("MSH|^~", kind="TX")), 1),
    ],
)
def test_the_messages_of_a_file_are_told_apart(content: bytes, found: int) -> None:
    taken = list(messages(content))
    assert len(taken) == found
    plain = [each.replace(b"\r\n", b"\r").replace(b"\n", b"\r").strip() for each in taken]
    if found == 2:
        assert plain == [_ONE.strip(), _TWO.strip()]


async def test_files_and_folders_are_taken_once(lab: Lab, tmp_path: Path) -> None:
    analyzer = await sender(lab)
    first, second = (analyzer.message(new_id(), potassium(loinc()), order="4711") for _ in range(2))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "both.hl7").write_bytes(first + second)
    (tmp_path / "none.txt").write_bytes(b"nothing")
    (tmp_path / "stranger").write_bytes(_ONE)
    told: list[Trouble] = []
    summary = await import_hl7(lab.database, files([tmp_path]), told.append)
    assert (summary.verdicts, summary.complete) == ({"AE": 2, "AR": 1}, False)
    assert [each.name for each in summary.others] == ["none.txt"]
    assert [(each.path.name, each.number, each.verdict) for each in told] == [
        ("both.hl7", 1, "AE"),
        ("both.hl7", 2, "AE"),
        ("stranger", 1, "AR"),
    ]
    assert told[0].causes == ("UNKNOWN_ORDER: No order or specimen of the laboratory has one of its numbers.",)
    await import_hl7(lab.database, files([tmp_path]), told.append)
    assert len(await analyzer.messages()) == 2


async def test_a_message_without_results_is_applied(lab: Lab, tmp_path: Path) -> None:
    analyzer = await sender(lab)
    path = tmp_path / "empty.hl7"
    path.write_bytes(message(header(Style(), **analyzer.head), segment("PID", _7="1980"), segment("OBR", _2="1")))
    summary = await import_hl7(lab.database, files([path]), print)
    assert summary.complete
