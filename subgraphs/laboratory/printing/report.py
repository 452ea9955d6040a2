"""A report of the laboratory as a PDF: what is released of an order, with what was corrected, for its patient and others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.codes import Code
from shared.datatypes import AdministrativeGender
from shared.pdf import pdf
from subgraphs.laboratory import sentences
from subgraphs.laboratory.codes import AnalysisStatus, Flag, ReportStatus, SpecimenType
from subgraphs.laboratory.models import Analysis, LabOrder, LabReport, LabResult, LabTest, Specimen
from subgraphs.laboratory.printing.words import Words

_TEMPLATE = Path(__file__).with_name("report.typ")
TITLE = "Laboratory report"
FACTS = ("Patient", "Date of birth", "Sex", "Order", "Ordered by", "Ordered", "Laboratory", "Verified by")
SPECIMENS = ("Specimens", "Number", "Specimen", "Collected", "Received")
RESULTS = ("Results", "Test", "Result", "Usual", "Judgement")
ABOUT = "About the results"
VERIFIED = "Verified {at}."
AUTO_VERIFIED = "Verified by the rules of the laboratory, {at}."
RELEASED = "Released {at}."
METHOD = "Method: {method}."
COMMENT = "The laboratory says: {comment}"
BEFORE = "Before, it was {value}, released {at}."
REASON = "Corrected: {reason}"
RETRACTED = "A mistake, withdrawn: {reason}"
WITHDRAWN = "withdrawn"
NOT_EXAMINED = "not examined"
CALLED_OFF = "Not examined: {reason}"
MADE = "Made by CareGraph, {at}. Times are those of {zone}."
SENTENCES = (
    TITLE, *FACTS, *SPECIMENS, *RESULTS, ABOUT, VERIFIED, AUTO_VERIFIED, RELEASED, METHOD, COMMENT, BEFORE, REASON,
    RETRACTED, WITHDRAWN, NOT_EXAMINED, CALLED_OFF, MADE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What other domains know of whom a report names; `birth_date` is a date of FHIR, `verifiers` are of all its results."""

    patient: str
    birth_date: str | None
    gender: str | None
    practitioner: str
    laboratory: str
    verifiers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report has: `results` are all released versions that its reader may see."""

    report: LabReport
    order: LabOrder
    specimens: Sequence[Specimen]
    analyses: Sequence[Analysis]
    results: Sequence[LabResult]
    tests: Mapping[UUID, LabTest]


def report_of(reported: Reported, named: Named, words: Words, made_at: datetime) -> bytes:
    """The PDF."""
    versions: dict[UUID, list[LabResult]] = {}
    for each in sorted(reported.results, key=lambda row: -row.number):
        versions.setdefault(each.analysis_id, []).append(each)
    shown = [(row, versions[row.id]) for row in reported.analyses if row.id in versions]
    called_off = [row for row in reported.analyses if row.status == AnalysisStatus.CANCELLED]
    specimens = {row.specimen_id for row, _ in shown}
    data = {
        "language": words.language,
        "title": words.say(TITLE),
        "state": words.of(ReportStatus(reported.report.status)),
        "facts": dict(zip(map(words.say, FACTS), _facts(reported, named, words), strict=True)),
        "tables": [
            _table(words, SPECIMENS, [_specimen(each, words) for each in reported.specimens if each.id in specimens]),
            _table(
                words,
                RESULTS,
                [
                    *(_result(reported, row, each[0], words) for row, each in shown),
                    *([_name(reported, row), "-", "-", words.say(NOT_EXAMINED)] for row in called_off),
                ],
            ),
        ],
        "about": {
            "title": words.say(ABOUT),
            "results": [
                *(_about(reported, row, each, words) for row, each in shown),
                *(
                    {"test": _name(reported, row), "lines": [words.say(CALLED_OFF, reason=row.cancellation.value)]}
                    for row in called_off
                    if row.cancellation
                ),
            ],
        },
        "made": words.say(MADE, at=words.time(made_at), zone=words.zone),
    }
    return pdf(_TEMPLATE, data, made_at)


def _facts(reported: Reported, named: Named, words: Words) -> Iterable[str]:
    yield named.patient
    yield words.day(named.birth_date)
    yield words.of(AdministrativeGender[named.gender] if named.gender else AdministrativeGender.UNKNOWN)
    yield reported.order.number
    yield named.practitioner
    yield words.time(reported.order.ordered_at)
    yield named.laboratory
    yield ", ".join(named.verifiers) or "-"


def _table(words: Words, names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    title, *columns = map(words.say, names)
    return {"title": title, "columns": columns, "rows": rows}


def _specimen(row: Specimen, words: Words) -> list[str]:
    return [row.barcode, words.of(SpecimenType(row.type)), words.time(row.collected_at), words.time(row.received_at)]


def _name(reported: Reported, row: LabResult | Analysis) -> str:
    test = reported.tests.get(row.lab_test_id)
    return "" if test is None else test.name


def _result(reported: Reported, row: Analysis, shown: LabResult, words: Words) -> list[str]:
    facts = shown.facts.value
    if row.status == AnalysisStatus.ENTERED_IN_ERROR:
        return [_name(reported, shown), "-", "-", words.say(WITHDRAWN)]
    flag: Code | None = Flag(facts.flag) if facts.flag else None
    usual = sentences.span(words.translations, words.language, facts)
    return [_name(reported, shown), sentences.display(facts), usual or "-", words.of(flag) if flag else "-"]


def _about(reported: Reported, row: Analysis, versions: Sequence[LabResult], words: Words) -> dict[str, Any]:
    shown, *old = versions
    return {"test": _name(reported, shown), "lines": list(_lines(reported, row, shown, old, words))}


def _lines(
    reported: Reported, row: Analysis, shown: LabResult, old: Sequence[LabResult], words: Words
) -> Iterable[str]:
    facts = shown.facts.value
    if row.status == AnalysisStatus.ENTERED_IN_ERROR:
        yield words.say(RETRACTED, reason=row.retraction.value if row.retraction else "")
        old = (shown, *old)
    else:
        yield sentences.sentence(words.translations, words.language, _name(reported, shown), facts)
        if facts.comment:
            yield words.say(COMMENT, comment=facts.comment)
        if facts.method:
            yield words.say(METHOD, method=facts.method)
        yield words.say(AUTO_VERIFIED if shown.auto_verified else VERIFIED, at=words.time(shown.verified_at))
        yield words.say(RELEASED, at=words.time(shown.released_at))
    for each in old:
        yield words.say(BEFORE, value=sentences.display(each.facts.value), at=words.time(each.released_at))
    if facts.correction:
        yield words.say(REASON, reason=facts.correction)
