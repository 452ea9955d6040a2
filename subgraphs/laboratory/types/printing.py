"""Reports and labels as files."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from shared.database.model import utc_now
from shared.files import File
from shared.graph.context import Context
from shared.graph.files import FileContent
from subgraphs.laboratory import models
from subgraphs.laboratory.printing.label import label_of
from subgraphs.laboratory.printing.report import Named, report_of
from subgraphs.laboratory.printing.words import Words
from subgraphs.laboratory.repository import printing as repository

# What is required of other domains' fields, and these domains' scopes.
REQUIRED_OF_REPORT = (
    "patient { name { text } birthDate gender } laboratory { name } labOrder { practitioner { name { text } } }"
    " verifiers { name practitioner { name { text } } }"
)

SCOPES_OF_REPORT = ("patient:read", "directory:read")
REQUIRED_OF_LABEL = "patient { name { text } birthDate }"
SCOPES_OF_LABEL = ("patient:read",)


@strawberry.type(description="A report of the laboratory, as a file.")
class LabReportFile(FileContent):
    """As `printing.report` makes it."""


@strawberry.type(description="A label for a specimen, as a file.")
class SpecimenLabel(FileContent):
    """As `printing.label` makes it."""


async def words_of(context: Context, language: str | None, laboratory_id: UUID) -> Words:
    """The words of a language, a tag of BCP 47."""
    translations = context.runtime.translations
    named = translations.negotiate(language or "")
    return Words(translations, named, await repository.zone_of(context, laboratory_id))


async def report_file(
    context: Context, row: models.LabReport, required: Mapping[str, Any], language: str | None
) -> LabReportFile | None:
    """A report, by what other domains know of whom it names."""
    found = await repository.reported(context, row)
    if found is None:
        return None
    words = await words_of(context, language, row.laboratory_id)
    made_at = utc_now().replace(microsecond=0)
    content = await asyncio.to_thread(report_of, found, _named(required), words, made_at)  # it takes a moment
    return LabReportFile.of(File("laboratory-report.pdf", "application/pdf", content))


async def label_file(
    context: Context, row: models.Specimen, required: Mapping[str, Any], language: str | None
) -> SpecimenLabel | None:
    """A label; None for those who may not collect the specimen."""
    if not await context.load(repository.may_collect, row.id):
        return None
    repository.note_print(context, row)
    words, patient = await words_of(context, language, row.laboratory_id), required.get("patient") or {}
    made_at = utc_now().replace(microsecond=0)
    content = await asyncio.to_thread(label_of, row, name_of(patient), patient.get("birthDate"), words, made_at)
    return SpecimenLabel.of(File("specimen-label.pdf", "application/pdf", content))


def _named(required: Mapping[str, Any]) -> Named:
    patient, order = required.get("patient") or {}, required.get("labOrder") or {}
    return Named(
        patient=name_of(patient),
        birth_date=patient.get("birthDate"),
        gender=patient.get("gender"),
        practitioner=name_of(order.get("practitioner")),
        laboratory=(required.get("laboratory") or {}).get("name") or "",
        verifiers=[
            name
            for each in required.get("verifiers") or ()
            if (name := each.get("name") or name_of(each.get("practitioner")))
        ],
    )


def name_of(person: Mapping[str, Any] | None) -> str:
    """The name of a patient or practitioner as their domain has answered it; nothing where it did not."""
    return ((person or {}).get("name") or {}).get("text") or ""
