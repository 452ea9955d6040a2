"""Messages of HL7 v2 are read as their senders mean them, however they are written."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id
from subgraphs.laboratory.hl7.acknowledgement import Problem, Verdict, acknowledgement
from subgraphs.laboratory.hl7.message import MAXIMUM_BYTES, Message, Unacceptable
from subgraphs.laboratory.hl7.results import Code, Observation, Results, read_results
from tests.laboratory.hl7_messages import USUAL, Style, header, message, obx, oru, segment

_BERLIN = ZoneInfo("Europe/Berlin")


def results(content: bytes) -> Results:
    return read_results(Message(content), _BERLIN)


def one(content: bytes) -> Observation:
    (group,) = results(content).groups
    (found,) = group.observations
    return found


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\n\r\n"])
@pytest.mark.parametrize("delimiters", ["|^~\\&", "#*+?!", "^|~\\&", "$%-/("])
@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("", "utf-8"),
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("GB 18030-2000", "gb18030"),
    ],
)
def test_a_value_is_as_it_was_meant_in_any_writing(end: str, delimiters: str, charset: str, encoding: str) -> None:
    style = Style(delimiters, end, charset, encoding)
    value = f"Grüße {delimiters} µg | ^ ~ \\ & ü"
    found = one(oru(obx(value, style, kind="TX", _6=""), style=style))
    assert found.said.text == value
    assert found.codes == (Code("2823-3", "Potassium", "LN"),)


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("a\\.br\\b", "a\nb"),
        ("a\\.sp+2\\b", "a\n\nb"),
        ("\\H\\bold\\N\\", "bold"),
        ("\\X4142\\", "AB"),
        ("\\XC3BC\\", "ü"),
        ("\\XC3\\", "\\XC3\\"),
        ("\\Z1\\x", "\\Z1\\x"),
        ("C:\\dir", "C:\\dir"),
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("\\E\\F\\E\\", "\\F\\"),
        ("a~b", "a\nb"),
        ("a&b^c", "a&b^c"),
    ],
)
def test_escapes_are_what_they_stand_for(raw: str, meant: str) -> None:
    content = message(header(), segment("PID", _7="1980"), segment("OBR"), f"OBX|1|FT|1^x^L||{raw}||||||F")
    assert one(content).said.text == meant


@pytest.mark.parametrize(
    ("kind", "raw", "text", "comparator", "unread"),
    [
        ("NM", "5.1", "5.1", None, None),
        ("NM", "1,5", "1,5", None, None),  # what is a number, the laboratory's service decides for all routes alike
        ("NM", "5~6", "", None, "VALUE"),
        ("SN", "<^0.1", "0.1", "<", None),
        ("SN", "^7", "7", None, None),
        ("SN", "=^7", "7", None, None),
        ("SN", "<>^7", "", None, "VALUE"),
        ("SN", "^1^:^128", "1:128", None, None),
        ("CWE", "260373001^Detected^SCT", "Detected", None, None),
        ("CE", "A^Alpha^L~B^Beta^L", "Alpha\nBeta", None, None),
        ("TX", "seen", "seen", None, None),
        ("ED", "LAB^AP^PDF^Base64^JVBERi0=", "", None, None),
        ("ED", "LAB^AP^PDF^Base64^=", "", None, "VALUE"),
        ("ZZ", "1", "", None, "KIND"),
        ("", "1", "", None, "KIND"),
        ("", "", "", None, None),
    ],
)
def test_each_kind_of_value(kind: str, raw: str, text: str, comparator: str | None, unread: str | None) -> None:
    content = message(header(), segment("PID", _7="1980"), segment("OBR"), f"OBX|1|{kind}|1^x^L||{raw}||||||F")
    said = one(content).said
    assert (said.text, said.comparator, said.unread) == (text, comparator, unread)


def test_several_codes_are_all_there_and_loinc_comes_first() -> None:
    found = one(
        oru(obx([["A", "Alpha", "L"], ["B", "Beta", "L"]], kind="CWE", _3=["K", "Kalium", "L", "2823-3", "P", "LN"]))
    )
    assert [each.code for each in found.said.codes] == ["A", "B"]
    assert [each.code for each in found.codes] == ["2823-3", "K"]


def test_notes_belong_to_what_they_follow() -> None:
    content = message(
        header(),
        segment("PID", _7="1980"),
        segment("NTE", _3="of the patient"),
        segment("OBR", _2="1"),
        segment("NTE", _3="of the order"),
        obx("1"),
        segment("NTE", _3="first"),
        segment("NTE", _3="second"),
        obx("2"),
        segment("SPM", _2=["", "9"]),
        segment("NTE", _3="of the specimen"),
    )
    (group,) = results(content).groups
    assert group.notes == ["of the order"]
    assert [each.notes for each in group.observations] == [["first", "second"], []]


def test_numbers_of_an_order_are_the_orderers_first() -> None:
    content = message(
        header(),
        segment("PID", _3=[["7", "", "", "H", "MR"], ["8", "", "", "H", "PI"]], _4="9", _7="198005", _8="f"),
        segment("ORC", _2="P1", _3="F0"),
        segment("OBR", _2="P1", _3="F1"),
        segment("SPM", _2=["P2", "F2"]),
        segment("OBR", _3="F9"),
        obx("1"),
    )
    found = results(content)
    assert [group.numbers for group in found.groups] == [("P1", "F0", "F1", "P2", "F2"), ("F9",)]
    (person,) = found.people
    assert (person.numbers, person.born, person.sex) == (("7", "8", "9"), "1980-05", "female")


@pytest.mark.parametrize(
    ("reported", "sent", "at"),
    [
        ("20261130101000", "20261130101500", datetime(2026, 11, 30, 9, 10, tzinfo=UTC)),  # by the laboratory's clock
        ("20261130101000", "20261130101500+0300", datetime(2026, 11, 30, 7, 10, tzinfo=UTC)),
        ("202611301010-0500", "20261130101500+0300", datetime(2026, 11, 30, 15, 10, tzinfo=UTC)),
        ("20261130", "20261130101500", None),
        ("20261340101000", "20261130101500", None),
        ("nonsense", "", None),
    ],
)
def test_times_have_their_zone(reported: str, sent: str, at: datetime | None) -> None:
    content = message(header(_7=sent), segment("PID", _7="1980"), segment("OBR", _22=reported), obx("1"))
    assert results(content).groups[0].reported_at == at


@pytest.mark.parametrize(
    ("content", "code", "location"),
    [
        (b"", "100", "MSH"),
        (b"GET / HTTP/1.1\r\n\r\n", "100", "MSH"),
        (b"MSH|", "100", "MSH"),
        (b"MSH||||", "102", "MSH-2"),
        (b"MSH|^^~\\|", "102", "MSH-2"),
        (b"MSH|abcd|", "102", "MSH-2"),
        (b"MSHa^~\\&a", "102", "MSH-2"),
        (oru(obx("1"), head={"_9": ["ADT", "A01"]}), "200", "MSH-9"),
        (oru(obx("1"), head={"_9": ["ORU", "R30"]}), "201", "MSH-9"),
        (oru(obx("1"), head={"_10": ""}), "101", "MSH-10"),
        (oru(obx("1"), head={"_11": "T"}), "202", "MSH-11"),
        (oru(obx("1"), head={"_12": "3.0"}), "203", "MSH-12"),
        (oru(obx("1"), head={"_18": "EBCDIC"}), "103", "MSH-18"),
        (oru(obx("ü", kind="TX"), style=Style(encoding="latin-1")), "102", "MSH-18"),
        (oru(obx("ü", kind="TX"), style=Style(charset="ASCII")), "102", "MSH-18"),
        (message(header(), segment("OBR"), obx("1")), "100", "PID"),
        (message(header(), segment("PID", _7="1980")), "100", "OBR"),
        (message(header(), segment("PID", _7="1980"), obx("1")), "100", "OBX"),
        (message(header(), segment("PID", _7="1980"), segment("OBR"), header()), "100", "MSH"),
        (message(header(), "what is this"), "100", ""),
        (oru(*[obx("1")] * 1001), "207", "OBX"),
        (oru(obx("x" * MAXIMUM_BYTES, kind="TX")), "207", ""),
    ],
)
def test_what_is_no_result_is_told_by_code_and_place(content: bytes, code: str, location: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        results(content)
    assert (caught.value.code, caught.value.location) == (code, location)


_SOME = oru(obx("5.1"), obx("x", kind="TX"))


@given(
    st.binary(max_size=300)
    | st.builds(lambda a, b: _SOME[:a] + b + _SOME[a:], st.integers(0, 300), st.binary(max_size=20))
)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        found = results(content)
    except Unacceptable as refusal:
        assert refusal.code in {"100", "101", "102", "103", "200", "201", "202", "203", "207"}
    else:
        assert found.people
        assert found.groups


_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(st.lists(_TEXT, min_size=1, max_size=5))
def test_what_is_written_is_read_again(values: list[str]) -> None:
    found = results(oru(*(obx(each, kind="ST") for each in values)))
    assert [each.said.text for each in found.groups[0].observations] == values


@given(st.lists(_TEXT, min_size=1, max_size=3))
def test_another_reader_finds_the_same(values: list[str]) -> None:
    content = oru(obx([[each, "x", "L"] for each in values], kind="CWE"))
    theirs = hl7.parse(content.decode())
    ours = Message(content).segments[3].all(5)
    assert [each[1] for each in ours] == [theirs.extract_field("OBX", 1, 5, at + 1, 1, 1) for at in range(len(values))]


def test_an_answer_is_in_the_messages_delimiters_and_names_no_value() -> None:
    style = Style("#*+?!", charset="8859/1", encoding="latin-1")
    asked = Message(oru(obx("5.1", style), style=style, head={"_10": "A*1", "_3": ["Zürich", "x"]}))
    problem = Problem("103", "OBX-3", "Its code | is not known here.")
    answer = acknowledgement(asked, Verdict.ERROR, new_id(), [problem])
    read = Message(answer)
    header, receipt, error = read.segments
    assert (header.first(5)[1], header.first(9)[1], header.first(18)[1]) == ("Zürich", "ACK", "8859/1")
    assert (receipt.first(1).text, receipt.first(2).text) == ("AE", "A*1")
    assert (error.first(2)[1], error.first(2)[3], error.first(3)[1], error.first(8).text) == (
        "OBX",
        "3",
        "103",
        problem.text,
    )


def test_an_answer_to_what_cannot_be_read_is_one_that_others_read() -> None:
    answer = acknowledgement(None, Verdict.REJECTED, new_id(), [Problem("100", "MSH", "It is no message.")])
    read = hl7.parse(answer.decode())
    assert (str(read.segment("MSA")(1)), str(read.segment("ERR")(3)(0)(0))) == ("AR", "100")
    assert USUAL.delimiters[1:] == str(read.segment("MSH")(2))
