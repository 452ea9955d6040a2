# ruff: noqa: RUF001 - it is about letters that look alike
"""Patients are found as people type."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, literal, select, text
from sqlalchemy.util import await_only, greenlet_spawn

from shared.auth.principal import Kind, Principal
from shared.database.search import NAME, says, words
from shared.database.values import DIALECT
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.identity.roles import SCOPES, BuiltInRole
from subgraphs.patients.repository import BY_NAME, search_patients
from tests.harness.access import let
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.patients.conftest import named, register
from tests.patients.test_access import ids


def each(searches: Iterable[str], keys: list[str]) -> dict[str, list[str]]:
    """That all of these searches find these."""
    return dict.fromkeys(searches, keys)


async def found(caller: Caller, *searches: str) -> dict[str, list[str]]:
    return {search: await ids(caller, search=search) for search in searches}


async def test_names_are_found_however_they_are_written(clinic: Clinic) -> None:
    reception, nurse = clinic.caller("RECEPTIONIST"), clinic.caller("NURSE")
    written = [
        (
            named("Müller", "Jörg"),
            ["Müller", "Mueller", "MULLER", "muel", "Jorg muller", "Müller, Joerg", "Mu\u0308ller", "ｍｕｌｌｅｒ"],
        ),
        (named("Strauß", "Åse"), ["strauss", "STRAUSS", "ase strauß", "Strauẞ"]),
        (named("Łukasiewicz", "Bjørn"), ["lukasiewicz", "bjoern", "Bjorn Ł"]),
        (named("Sæther", "Zoë Ann"), ["saether", "sather", "zoe", "ann zoe saether"]),
        (named("O’Hara-Quist", "J. R."), ["ohara", "o'hara quist", "quist", "J.R. o'hara"]),
        (named("山田", "太郎"), ["山田", "太郎", "山田太郎", "山田 太郎", "太郎　山田", "山", "太郎山田"]),
        (named("小林さくら"), ["小林", "さくら", "小林 さくら"]),
        (named("ｶﾜｸﾞﾁ", "ユキ"), ["カワグチ", "ユキ", "カワグチユキ", "ｶﾜｸﾞﾁ"]),
        (named("김", "철수"), ["김철수", "철수", "김"]),
        (named("Иванов", "Фёдор"), ["иванов", "ФЕДОР ИВАНОВ", "Иванав"]),
        (named("Παπαδόπουλος", "Νίκος"), ["ΠΑΠΑΔΟΠΟΥΛΟΣ", "νικοσ", "Παπαδόπουλος, Νίκος"]),
        (named("الحسن", "ليلى"), ["الحسن", "ليلى الحسن"]),
    ]
    for demographics, searches in written:
        key = (await register(reception, **demographics))["patient"]["id"]
        assert await found(nurse, *searches) == each(searches, [key])
    none = ["Müllers Katze", "x5c71", "%", "_", "' OR", "花子", "Петров"]
    assert await found(nurse, *none) == each(none, [])


async def test_numbers_addresses_and_days_of_birth_are_typed_into_the_same_box(clinic: Clinic) -> None:
    reception = clinic.caller("RECEPTIONIST")
    numbered = [{"system": "urn:ssn", "value": "999-12-3456"}]
    jane = (await register(reception, identifiers=numbered))["patient"]  # +16175550142, 1984-02-29
    contacts = [
        {"system": "PHONE", "value": "+49 30 1234567"},
        {"system": "SMS", "value": "+44 20 7946 0018"},
        {"system": "EMAIL", "value": "a_b%c@example.com"},
    ]
    born = named("Berg", "Ola", birthDate="1980-04-05")
    ola = (await register(reception, **born, addresses=[], contactPoints=contacts))["patient"]
    number = jane["medicalRecordNumber"]
    of_jane = [
        "(617) 555-0142", "617.555.0142", "+1 617 555 0142", "001 617 555 0142", "1-617-555-0142", "555 0142", "+16175550142",
        "jane.dawson@example.com", "JANE.DAWSON@Example.com ", number, f" {number[:3]} {number[3:]} ", "999-12-3456",
        "1984-02-29", "29.02.1984", "2/29/1984", "29/2/1984", "1984年2月29日", "Jane 29.2.1984", "dawson, jane 1984-02-29",
    ]  # fmt: skip
    of_ola = [
        "030 1234567", "030/123 45 67", "+49 (0)30 1234567", "0049 30 1234567", "020 7946 0018", "+44 (0) 20 7946 0018",
        "a_b%c@example.com", "4/5/1980", "5/4/1980", "05.04.1980", "berg 1980-04-05",
    ]  # fmt: skip
    of_nobody = [
        "617 555 014", "18 555 0142", "dawson@example.com", "axbxc@example.com", "1984-02-28", "Ola 1984-02-29", "30.02.1984",
        "999-12-345", number[:-1], "4/6/1980",
    ]  # fmt: skip
    assert await found(reception, *of_jane) == each(of_jane, [jane["id"]])
    assert await found(reception, *of_ola) == each(of_ola, [ola["id"]])
    assert await found(reception, *of_nobody) == each(of_nobody, [])


async def test_a_search_tells_nothing_that_is_not_shown(clinic: Clinic) -> None:
    person = new_id()
    doctor, chemist = clinic.caller("DOCTOR", practitioner=person), clinic.caller("PHARMACIST", practitioner=person)
    numbered = [{"system": "urn:ssn", "value": "999-12-3456"}]
    jane = (await register(clinic.caller("RECEPTIONIST"), identifiers=numbered))["patient"]
    hidden = [
        "+1 617 555 0142",
        "617 555 0142",
        "jane.dawson@example.com",
        "999-12-3456",
        "Okonkwo",
        "Okonkwo 1984-02-29",
    ]
    shown = ["Dawson, Jane", "1984-02-29", "jane 29.2.1984"]
    number = jane["medicalRecordNumber"]
    assert await found(doctor, *hidden) == each(hidden, [])
    assert await found(doctor, *shown, number) == each([*shown, number], [jane["id"]])
    assert await found(chemist, *hidden, *shown, number) == each([*hidden, *shown, number], [])
    patients = clinic.service("patients")
    await let(patients, key_of(jane["id"]), Basis.ORDER, practitioner_id=person)
    assert await found(chemist, *hidden, number) == each([*hidden, number], [])
    assert await found(chemist, *shown) == each(shown, [jane["id"]])
    await let(patients, key_of(jane["id"]), practitioner_id=person)
    assert await found(doctor, *hidden, *shown) == each([*hidden, *shown], [jane["id"]])
    stranger = clinic.caller("PATIENT", patient=new_id())
    assert await found(stranger, *hidden, *shown) == each([*hidden, *shown], [])


_MANY = """
    INSERT INTO patient (id, created_at, updated_at, version, active, medical_record_number, family, given, other_names, gender,
        deceased, contact_points, addresses, emergency_contacts, preferred_channels, reminders)
    SELECT uuidv7(), now(), now(), 1, true, 'M' || place, 'Kin' || md5(place::text), ARRAY['Ada' || place], '[]', 'unknown',
        false, jsonb_build_array(jsonb_build_object('system', 'phone', 'value', '+4930' || 1000000 + place)), '[]', '[]', '{}',
        false
    FROM generate_series(1, 3000) AS places (place)
"""


@pytest.mark.parametrize("role", ["RECEPTIONIST", "DOCTOR"])
async def test_a_search_of_many_uses_indexes(clinic: Clinic, role: str) -> None:
    database = clinic.service("patients").runtime.database
    caller = Principal(
        new_id(), new_id(), frozenset({role}), SCOPES[BuiltInRole(role)], practitioner=new_id(), kind=Kind.STAFF
    )
    async with stored(database) as session:
        await session.execute(text(_MANY))
    async with database.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE patient"))
    async with stored(database) as session:
        for search in (
            "Kinc4ca",
            "Ada 1999",
            "Müller",
            "li",
            "山田",
            "山",
            "Иванов",
            "030 1002000",
            "a@b.example",
            "M7",
            "Li 4.5.1980",
        ):
            statement = search_patients(caller, search, None).order_by(*BY_NAME.columns).limit(21)
            plan = "\n".join(await session.scalars(_explained(statement)))
            assert not re.search(r"Seq Scan on patient patient_\d", plan), plan  # what is found is hashed, of so few


def _explained(statement: Any) -> Any:
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    return text("EXPLAIN " + str(compiled).replace(":", "\\:").replace("\\:\\:", "::"))


_LETTERS = {
    "latin": "aàäåāæbcçčdðeéëêęfgğhiíïıjklłmnñňoöøóőœpqrřsśšșßtțuüűůvwxyýÿzžþ",
    "cyrillic": "абвгґдеёєжзиіїйклмнопрстуўфхцчшщъыьэюя",
    "greek": "αάβγδεέζηήθιίϊκλμνξοόπρστυύϋφχψωώ",
    "han": "山田太郎王李張佐藤鈴木花子小林美咲陳黃劉\U00020bb7",
    "kana": "あいうかがきぎくぐさざたつっのはばぱマミヤユラリルンヴー",
    "hangul": "김이박최정강조윤장임철수영희민준",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "devanagari": "अआकखगचजटडतदनपबमयरलवशसहािी",
}
_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae", "œ": "oe", "ł": "l", "å": "a"}


@st.composite
def names(draw: st.DrawFn) -> tuple[str, str]:
    """A family name and a given one of a script."""
    script = draw(st.sampled_from(sorted(_LETTERS)))
    least = 1 if script in ("han", "hangul") else 3
    word = st.text(st.sampled_from(_LETTERS[script]), min_size=least, max_size=8)
    return draw(word).title(), draw(word).title()


def variants(family: str, given: str) -> list[str]:
    """How a name may be typed."""
    both = f"{given} {family}"
    plain = "".join(each for each in unicodedata.normalize("NFD", both) if not "\u0300" <= each <= "\u036f")
    spelt = "".join(_SPELT.get(each, each) for each in unicodedata.normalize("NFC", both.lower()))
    is_east = family[0] >= "\u3005" and family[0] not in _LETTERS["hangul"]
    joined = [family + given, given + family] if is_east else []
    return [
        both, f"{family}, {given}", family, given, both.upper(), both.lower(), both.casefold(), plain, spelt, *joined,
        unicodedata.normalize("NFD", both), unicodedata.normalize("NFKD", both), f"  {family}-{given}  ",
    ]  # fmt: skip


async def test_each_spelling_of_any_name_finds_it(clinic: Clinic) -> None:
    names_of = "FROM (VALUES (:family, ARRAY[:given], '', '')) AS n (family, given, prefix, suffix)"
    statement = text(f"SELECT ' ' || search_form({NAME}) {names_of}")
    tried = 0

    async with stored(clinic.service("patients").runtime.database) as session:
        await session.execute(text("SET pg_trgm.word_similarity_threshold = 1"))  # nothing is found for being alike

        async def check(family: str, given: str) -> None:
            nonlocal tried
            kept = await session.scalar(statement, {"family": family, "given": given})
            conditions = [and_(*says(literal(kept), words(variant))) for variant in variants(family, given)]
            found = (await session.execute(select(*conditions))).one()
            missed = [variant for variant, is_found in zip(variants(family, given), found, strict=True) if not is_found]
            assert not missed, (family, given, kept)
            tried += 1

        @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(names())
        def tries(name: tuple[str, str]) -> None:
            await_only(check(*name))

        await greenlet_spawn(tries)
    assert tried >= 80
