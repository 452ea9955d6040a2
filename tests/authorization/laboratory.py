"""A laboratory's catalogue, and an order of which all is known."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import SQLModel

from shared.auth.principal import Kind
from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import new_id
from subgraphs.laboratory import models
from subgraphs.laboratory.check_digits import check_digit, with_check_digit
from subgraphs.laboratory.codes import Comparator, Flag
from subgraphs.laboratory.facts import (
    ChosenCode,
    Coded,
    Difference,
    Interval,
    NoticeFacts,
    OrderFacts,
    ReceivedInterval,
    ReceivedReportFacts,
    ReceivedRequestFacts,
    ReceivedResultFacts,
    ReceivedSpecimenFacts,
    ReceivedValue,
    ResultFacts,
    SpecimenFacts,
)

EXAMINED = "2951-2"
"""The LOINC code of a test that each party has results of."""
SPECIMENS = 30_000_000
"""Where the numbers of specimens begin; each party's is by its number."""


def laboratory_rows(party: Any, _: Any) -> Iterator[SQLModel]:
    """Two tests in a panel, with a range and a rule; an order with a specimen and an analysis."""
    yield models.Location(id=party.location, time_zone="Europe/Berlin")
    yield models.Account(id=party.account, roles=["NURSE"])
    yield models.OnCall(laboratory_id=party.location, account_id=party.account, position=0)
    tests = [examination(party, name) for name in "AB"]
    yield from tests
    panel = models.LabPanel(name=f"Panel {party.name}", loinc=_loinc(party.number, "P"))
    yield panel
    yield models.PanelTest(lab_panel_id=panel.id, lab_test_id=tests[0].id, position=0)
    yield from _ranges(tests[0])
    for condition in ({"flags": ["H"]}, {"comparator": ">", "threshold": Decimal(5)}, {"code": "A"}):
        yield models.ReflexRule(lab_test_id=tests[0].id, added_test_id=tests[1].id, **condition)
    analyses = []
    for row in _order(party, tests[0]):
        analyses += [row] if isinstance(row, models.Analysis) else []
        yield row
    analyzer = models.Analyzer(
        name=f"Analyzer {party.name}", laboratory_id=party.location, application=f"A{party.number}", facility="X"
    )
    yield analyzer
    yield from _sent(party, analyzer, tests[0], analyses[0])
    old = examination(party, "C")
    old.active, old.loinc = False, EXAMINED
    yield old
    yield from results(party, analyzer, old)
    yield from _received(party)


def _loinc(number: int, name: str) -> str:
    digits = f"{number}{ord(name)}"
    return f"{digits}-{check_digit(digits)}"


def examination(party: Any, name: str = "A") -> models.LabTest:
    """A test of the catalogue."""
    limits: dict[str, Any] = dict.fromkeys(
        ("volume_ml", "detection_limit", "quantification_limit", "delta_absolute", "delta_percent", "delta_per_day"),
        Decimal(1),
    )
    return models.LabTest(
        name=f"Test {party.name} {name}",
        loinc=_loinc(party.number, name),
        loinc_name="Some test",
        specimen_type="SER",
        container="Tube",
        value_type="NUMERIC",
        unit="mmol/L",
        method="By hand",
        turnaround_minutes=60,
        preparation="Fasting",
        codes=[{"system": "urn:x", "code": "A", "display": "Some", "abnormal": True}],
        delta_days=30,
        charge_code="80048",
        **limits,
    )


def _ranges(test: models.LabTest) -> Iterator[models.ReferenceRange]:
    names = ("plausible_low", "critical_low", "normal_low", "normal_high", "critical_high", "plausible_high")
    limits: dict[str, Any] = {name: Decimal(place) for place, name in enumerate(names)}
    fields: dict[str, Any] = {"sex": "female", "pregnant": False, "age_to_days": 40_000, "source": "Demonstration"}
    old = models.ReferenceRange(lab_test_id=test.id, replaced_at=utc_now(), **fields, **limits)
    yield old
    yield models.ReferenceRange(lab_test_id=test.id, replaces_id=old.id, revision=2, **fields, **limits)


def _order(party: Any, test: models.LabTest) -> Iterator[SQLModel]:
    now = utc_now()
    collected, received = now - timedelta(hours=2), now - timedelta(hours=1)
    order = models.LabOrder(
        number=with_check_digit(10_000_000 + party.number),
        patient_id=party.patient,
        practitioner_id=party.practitioner,
        account_id=party.account,
        laboratory_id=party.location,
        priority="STAT",
        status="CANCELLED",
        ordered_at=now,
        ended_at=now,
        facts=Encrypted(
            OrderFacts(reason="X", born="1984-02", sex="female", pregnant=False, end="OTHER", end_comment="X")  # type: ignore[arg-type]
        ),
    )
    yield order
    whose: dict[str, Any] = {
        "lab_order_id": order.id,
        "patient_id": party.patient,
        "laboratory_id": party.location,
        "collected_at": collected,
        "received_at": received,
    }
    handled: dict[str, Any] = {"type": "SER", "container": "Tube", "collector_id": party.account}
    facts = SpecimenFacts(note="X", rejection="LOST", rejection_comment="X")  # type: ignore[arg-type]
    rejected = models.Specimen(
        barcode=with_check_digit(20_000_000 + party.number),
        status="REJECTED",
        facts=Encrypted(facts),
        **handled,
        **whose,
    )
    yield rejected
    specimen = models.Specimen(
        barcode=with_check_digit(SPECIMENS + party.number),
        status="RECEIVED",
        receiver_id=party.account,
        replaces_id=rejected.id,
        parent_id=rejected.id,
        facts=Encrypted(SpecimenFacts()),
        **handled,
        **whose,
    )
    yield specimen
    yield models.HandOver(
        specimen_id=specimen.id,
        patient_id=party.patient,
        account_id=party.account,
        location_id=party.location,
        at=collected,
    )
    first = models.Analysis(lab_test_id=test.id, specimen_id=specimen.id, rank=0, due_at=now, **whose)
    yield first
    yield models.Analysis(
        lab_test_id=test.id,
        specimen_id=specimen.id,
        rank=0,
        due_at=now,
        status="RELEASED",
        assignee_id=party.account,
        result_number=1,
        reflex_of_id=first.id,
        resulted_at=received,
        verified_at=received,
        released_at=now,
        visible_at=now,
        retraction=Encrypted("X"),
        cancellation=Encrypted("X"),
        **whose,
    )


def _sent(party: Any, analyzer: models.Analyzer, test: models.LabTest, analysis: models.Analysis) -> Iterator[SQLModel]:
    yield models.AnalyzerCode(analyzer_id=analyzer.id, system="X", code="K", lab_test_id=test.id)
    material = models.QcMaterial(
        analyzer_id=analyzer.id, lab_test_id=test.id, level="high", lot="X", mean=Decimal(5), deviation=Decimal(1)
    )
    yield material
    yield models.QcRun(
        analyzer_id=analyzer.id,
        lab_test_id=test.id,
        account_id=party.account,
        at=utc_now(),
        verdict="WARNING",
        rules=["1-2s"],
        values=[{"material_id": str(material.id), "level": "high", "value": 7.5, "deviations": 2.5}],
    )
    message = models.InboundMessage(
        analyzer_id=analyzer.id,
        laboratory_id=party.location,
        patient_id=party.patient,
        control_id="1",
        digest=b"X",
        status="DISCARDED",
        cause="VALUE",
        received_at=utc_now(),
        ended_at=utc_now(),
        content=Encrypted(b"MSH|^~\\&|X"),
        discard_reason=Encrypted("X"),
    )
    yield message
    yield models.InboundResult(
        inbound_message_id=message.id,
        patient_id=party.patient,
        position=1,
        status="PARKED",
        cause="VALUE",
        said="F",
        reported_at=utc_now(),
        analysis_id=analysis.id,
    )


def results(party: Any, analyzer: models.Analyzer, test: models.LabTest) -> Iterator[SQLModel]:
    """An analysis with a corrected result of which all is known, a report, and a notice that was acknowledged."""
    now = utc_now()
    collected, entered = now - timedelta(hours=2), now - timedelta(hours=1)
    order = models.LabOrder(
        number=with_check_digit(40_000_000 + party.number),
        patient_id=party.patient,
        practitioner_id=party.practitioner,
        account_id=party.account,
        laboratory_id=party.location,
        priority="STAT",
        status="IN_PROGRESS",
        ordered_at=collected,
        facts=Encrypted(OrderFacts()),
    )
    yield order
    place: dict[str, Any] = {"laboratory_id": party.location}
    whose: dict[str, Any] = {"lab_order_id": order.id, "patient_id": party.patient}
    times: dict[str, Any] = {"verified_at": entered, "released_at": now, "visible_at": now}
    analysis = models.Analysis(
        lab_test_id=test.id,
        rank=0,
        due_at=now,
        status="CORRECTED",
        result_number=2,
        shown_number=2,
        collected_at=collected,
        received_at=collected,
        resulted_at=entered,
        **times,
        **place,
        **whose,
    )
    yield analysis
    said: dict[str, Any] = {
        "analysis_id": analysis.id,
        "lab_test_id": test.id,
        "collected_at": collected,
        "analyzer_id": analyzer.id,
        "entered_by": party.twin,
        "verified_by": None if party.kind is Kind.PATIENT else party.account,  # who is of the staff
        "auto_verified": True,
        "entered_at": entered,
        **times,
        **whose,
    }
    first = models.LabResult(number=1, facts=Encrypted(_said()), **said)
    yield first
    result = models.LabResult(number=2, replaces_id=first.id, facts=Encrypted(_said()), **said)
    yield result
    yield models.LabReport(status="CORRECTED", released_at=now, corrected_at=now, **place, **whose)
    for of, state in (
        (result, {"status": "ACKNOWLEDGED", "acknowledged_by": party.account, "acknowledged_at": now}),
        (first, {"next_at": now + timedelta(hours=1)}),
    ):
        told: dict[str, Any] = {"facts": Encrypted(NoticeFacts(read_back="X"))} if of is result else {}
        notice = models.CriticalNotice(
            lab_result_id=of.id, analysis_id=analysis.id, raised_at=entered, **state, **told, **place, **whose
        )
        yield notice
        yield models.CriticalAttempt(
            critical_notice_id=notice.id, patient_id=party.patient, level=0, at=entered, told=[party.account]
        )


def _received(party: Any) -> Iterator[SQLModel]:
    """A report of another system, with a result, its specimen and its request."""
    whose: dict[str, Any] = {"patient_id": party.patient, "status": "FINAL", "at": utc_now(), "shared": True}
    code = Coded(system="urn:x", code="A", display="Some")
    times: dict[str, Any] = {"effective": "2020", "effective_until": "2021", "issued": "2021"}
    specimen = models.ReceivedSpecimen(
        facts=Encrypted(
            ReceivedSpecimenFacts(
                code=code,
                number="X",
                collected="2020",
                collected_until="2021",
                received="2021",
                body_site="X",
                note="X",
            )
        ),
        **whose,
    )
    yield specimen
    request = models.ReceivedLabRequest(
        requester_id=party.practitioner,
        facts=Encrypted(
            ReceivedRequestFacts(code=code, authored="2020", priority="X", requester="X", reason="X", note="X")
        ),
        **whose,
    )
    yield request
    found: dict[str, Any] = {
        "code": code,
        "value": Decimal(1),
        "comparator": Comparator.LESS,
        "unit": "mmol/L",
        "codes": (code,),
        "text": "X",
        "absent": code,
        "interpretations": (Coded(system="urn:x", code="H", display="High"),),
        "intervals": (ReceivedInterval(low=Decimal(1), high=Decimal(2), text="X", meaning="X", applies_to="X"),),
    }
    facts = ReceivedResultFacts(
        **found,
        **times,
        method="X",
        body_site="X",
        performers=("X",),
        note="X",
        components=(ReceivedValue(**found),),
    )
    member = models.ReceivedLabResult(analytes=[], member_ids=[], facts=Encrypted(facts), **whose)
    yield member
    result = models.ReceivedLabResult(
        analytes=[],
        specimen_id=specimen.id,
        request_id=request.id,
        member_ids=[member.id],
        facts=Encrypted(facts),
        **whose,
    )
    yield result
    yield models.ReceivedLabReport(
        result_ids=[result.id],
        vital_signs_ids=[new_id()],
        specimen_ids=[specimen.id],
        request_ids=[request.id],
        facts=Encrypted(
            ReceivedReportFacts(code=code, performers=("X",), conclusion="X", conclusion_codes=(code,), **times)
        ),
        **whose,
    )


def _said() -> ResultFacts:
    """All that a result can say at once."""
    one = Decimal(1)
    names = ("plausible_low", "critical_low", "normal_low", "normal_high", "critical_high", "plausible_high")
    limits: dict[str, Any] = dict.fromkeys(names, one)
    return ResultFacts(
        entered="1",
        value=one,
        comparator=Comparator.LESS,
        unit="mmol/L",
        codes=(ChosenCode(system="urn:x", code="A", display="Some"),),
        text="X",
        method="By hand",
        flag=Flag.CRITICAL_LOW,
        interval=Interval(id=new_id(), source="Demonstration", **limits),
        delta=Difference(previous=one, previous_at=utc_now(), difference=one, exceeded=True),
        comment="X",
        correction="X",
    )
