"""Names, dates, addresses and numbers as FHIR lets them be, and what is told of those that are changed."""

from typing import Any

import pytest

from tests.harness.clinic import Clinic
from tests.importer.conftest import Import, resource

ABSENT = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
PEOPLE = """{ patients { nodes {
    name { text family given } otherNames { use name { text } } birthDate deceased deceasedAt deceasedOn
    contactPoints { value } addresses { address { line city postalCode country } } emergencyContacts { name }
} } }"""


async def imported(clinic: Clinic, imports: Import, content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int]]:
    """The patient that a resource becomes, and what is told of it."""
    done = await imports({"Patient.ndjson": [resource("Patient", "a", **content)]})
    assert done.failures == []
    [patient] = (await clinic.caller("RECEPTIONIST").data(PEOPLE))["patients"]["nodes"]
    return patient, done.told("Patient")


NOW = {"family": "Now", "given": ["Ada"]}
ENDED, BEGUN, COMING = {"end": "2019-01"}, {"start": "2019-01-01"}, {"start": "2199"}
NO_OTHER = "name: is a former one or a nickname, since no other is given"
WHOLE = "name: taken as a family name as a whole, since it has none"
PERIOD = "name.period: left out, but for whether it is over"

NAMES: list[tuple[list[dict[str, Any]], str, list[str]]] = [
    ([{"use": "old", "family": "Old"}, {"use": "usual", **NOW}], "Ada Now", []),
    ([{"use": "nickname", "given": ["Bob"]}, NOW], "Ada Now", [WHOLE]),
    ([{"use": "maiden", "family": "Born"}, {"use": "temp", **NOW}], "Ada Now", []),
    ([{"use": "official", "family": "Then", "period": ENDED}, {"period": BEGUN, **NOW}], "Ada Now", [PERIOD]),
    ([{"use": "official", "family": "Later", "period": COMING}, {"use": "usual", **NOW}], "Ada Now", [PERIOD]),
    ([{"use": "usual", "family": "Called"}, {"use": "official", **NOW}], "Ada Now", []),
    ([{"use": "maiden", "family": "Born"}, {"use": "old", "family": "Old"}], "Born", [NO_OTHER]),
    ([{"use": "official", "given": ["Suharto"]}], "Suharto", [WHOLE]),
    ([{"text": "陳小明"}], "陳小明", [WHOLE]),
    ([{"_family": ABSENT, "given": ["Kim"]}], "Kim", [WHOLE, "name.family.extension: left out"]),
    (
        [{"family": "Berg", "given": [None, "Ida", ""], "_given": [ABSENT, None, None], "prefix": [None]}],
        "Ida Berg",
        ["name.given.extension: left out"],
    ),
    ([{"family": "Berg", "given": list("abcdefg")}], "a b c d e f g Berg", []),
    ([{"family": "King", "suffix": ["Jr.", "MD"]}], "King Jr., MD", []),
    ([{"family": "陳", "given": ["小明"]}], "陳小明", []),
    ([{"family": "山田", "given": ["タロウ"], "suffix": ["様"]}], "山田タロウ 様", []),
    ([{"family": "Nguyễn", "given": ["Thị"]}], "Thị Nguyễn", []),
    ([ABSENT], "Unknown", ["name: is Unknown, since none is given", "name.extension: left out"]),
    ([], "Unknown", ["name: is Unknown, since none is given"]),
]


@pytest.mark.parametrize(("names", "text", "told"), NAMES)
async def test_the_main_name_is_one_of_now(
    clinic: Clinic, imports: Import, names: list[dict[str, Any]], text: str, told: list[str]
) -> None:
    patient, changed = await imported(clinic, imports, {"name": names})
    assert patient["name"]["text"] == text
    assert len(patient["otherNames"]) == max(len(names) - 1, 0)
    assert changed == dict.fromkeys(told, 1)


async def test_an_address_is_kept_as_it_can_be(clinic: Clinic, imports: Import) -> None:
    addresses = [
        {"line": [None, "Hauptstr. 1"], "_line": [ABSENT, None], "city": "Bonn", "country": "DEU"},
        {"text": "12 Rue de la Paix\n75002 Paris", "country": "France"},
        {"line": ["Plot 5"], "district": "Kampala", "country": "ug", "postalCode": "00000"},
    ]
    patient, told = await imported(clinic, imports, {"name": [NOW], "address": addresses})
    assert [each["address"] for each in patient["addresses"]] == [
        {"line": ["Hauptstr. 1"], "city": "Bonn", "postalCode": None, "country": "DE"},
        {"line": ["12 Rue de la Paix", "75002 Paris"], "city": None, "postalCode": None, "country": None},
        {"line": ["Plot 5", "Kampala"], "city": None, "postalCode": None, "country": "UG"},
    ]
    assert told == dict.fromkeys(
        [
            "address.line.extension: left out",
            "address.text: taken as its lines",
            "address.country: left out, since it is no code of ISO 3166-1",
            "address.district: taken as a line",
            "address.postalCode: left out, since it is all zeros",
        ],
        1,
    )


async def test_a_telephone_keeps_its_extension(clinic: Clinic, imports: Import) -> None:
    numbers = ["+1 415 555 2671 ext. 123", "(415) 555-2671 x99", "415-555-2671"]
    content = {
        "name": [NOW],
        "address": [{"country": "USA"}],
        "telecom": [{"system": "phone", "value": number} for number in numbers],
    }
    patient, _ = await imported(clinic, imports, content)
    values = [point["value"] for point in patient["contactPoints"]]
    assert values == ["+14155552671;ext=123", "+14155552671;ext=99", "+14155552671"]


@pytest.mark.parametrize("birth", ["2000-15-31", "2000-15", "19800504", "2020-01-01T00:00:00+02:00"])
async def test_nothing_is_left_out_in_silence(clinic: Clinic, imports: Import, birth: str) -> None:
    content = {
        "name": [NOW],
        "birthDate": birth,
        "deceasedDateTime": "2015",
        "contact": [{"name": {"family": "Berg", "given": [None, "Ida"]}}, {"telecom": []}],
        "identifier": [{"value": "7"}],
        "maritalStatus": {"text": "married"},
        "communication": [{"language": {"text": "German"}}],
        "multipleBirthBoolean": False,
    }
    patient, told = await imported(clinic, imports, content)
    assert (patient["birthDate"], patient["deceased"], patient["deceasedAt"]) == (None, True, None)
    assert patient["deceasedOn"] == "2015"
    assert patient["emergencyContacts"] == [{"name": "Ida Berg"}]
    assert told == dict.fromkeys(
        [
            "birthDate: left out, since it is no date",
            "contact: left out where it has no name",
            "identifier: left out where it has no system, or no value",
            "maritalStatus: left out, since it has no code of HL7's",
            "communication: left out, but for the preferred language with a code",
            "multipleBirthBoolean: left out",
        ],
        1,
    )


async def test_a_practitioner_is_called_by_a_name_of_now(clinic: Clinic, imports: Import) -> None:
    names = [{"use": "official", "family": "Then", "period": ENDED}, {"family": "Now", "given": [None, "Eva"]}]
    telecom = [{"system": "phone", "value": number} for number in ("1", "2")]
    person = resource("Practitioner", "p", name=names, telecom=telecom, qualification=[{}])
    done = await imports({"Practitioner.ndjson": [person, resource("Practitioner", "q", name=[{"text": "Xu Li"}])]})
    assert done.told("Practitioner") == {
        "name: left out, but for the main one": 1,
        "telecom: left out, but for the first email and phone": 1,
        "qualification: left out": 1,
        PERIOD: 1,
        WHOLE: 1,
    }
    nodes = (await clinic.caller("RECEPTIONIST").data("{ practitioners { nodes { name { text } } } }"))["practitioners"]
    assert sorted(node["name"]["text"] for node in nodes["nodes"]) == ["Eva Now", "Xu Li"]


async def test_what_cannot_be_is_refused_by_name(clinic: Clinic, imports: Import) -> None:
    wrong: list[dict[str, Any]] = [
        {"name": [{"family": "L" * 3000}]},
        {"name": [NOW], "birthDate": "2099-01-01"},
        {"name": [NOW], "gender": "Female"},
        {"name": [NOW], "deceasedDateTime": "2099"},
        {"name": [NOW], "deceasedDateTime": "2015-02-30"},
    ]
    lines = [resource("Patient", str(place), **content) for place, content in enumerate(wrong)]
    done = await imports({"Patient.ndjson": lines})
    assert done.counts("Patient") == {"failed": len(wrong)}
    assert [failure.cause for failure in done.failures] == [
        "name[0].family: It has 1 to 80 characters.",
        "birthDate: It is a day from 1850-01-01 to today.",
        "gender: This is no value of this field.",
        "deceasedDateTime: It is given only for one who has died, and is past.",
        "deceasedDateTime: It is a day, a month or a year, such as 1980-05-04, 1980-05 or 1980.",
    ]


async def test_a_birth_is_known_as_far_as_the_source_knows_it(clinic: Clinic, imports: Import) -> None:
    people = [resource("Patient", birth, name=[{"family": birth}], birthDate=birth) for birth in ("1980", "1980-05")]
    done = await imports({"Patient.ndjson": [*people, resource("Patient", "c", name=[NOW], birthDate="2199")]})
    assert [failure.cause.split(":")[0] for failure in done.failures] == ["birthDate"]
    assert done.told("Patient") == {}
    query = "{ patients { nodes { birthDate partialBirthDate } } }"
    nodes = (await clinic.caller("RECEPTIONIST").data(query))["patients"]["nodes"]
    assert nodes == [{"birthDate": None, "partialBirthDate": birth} for birth in ("1980", "1980-05")]
    known = people[0] | {"birthDate": "1980-05-04"}
    assert (await imports({"Patient.ndjson": [known]})).counts("Patient") == {"updated": 1}
    nodes = (await clinic.caller("RECEPTIONIST").data(query))["patients"]["nodes"]
    assert nodes[0] == {"birthDate": "1980-05-04", "partialBirthDate": None}
