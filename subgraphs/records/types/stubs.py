"""Other domains' types, and what this domain adds to a patient."""

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from shared.database.paging import Slice
from shared.datatypes import AdministrativeGender
from shared.graph.connections import Connection, Paged, connect_each
from shared.graph.context import Info
from shared.graph.datatypes import HumanName
from shared.graph.entities import Stub, external, stub
from shared.graph.fields import guarded
from shared.graph.files import FileContent
from subgraphs.records import policy
from subgraphs.records.codes import RecordExportFormat
from subgraphs.records.repository import entries, exports
from subgraphs.records.summary.file import Person
from subgraphs.records.types.filtration import FiltrationRate
from subgraphs.records.vital_signs import CREATININE

if TYPE_CHECKING:
    from subgraphs.records.types.record import MedicalRecord


@strawberry.type(description="A medical record to take along, as a file.")
class RecordExport(FileContent):
    """As `repository.exports` makes it."""


@stub(description="A person who receives care (FHIR Patient).")
class Patient(Stub):
    name = external("name", HumanName | None, description="The official name of the patient.")
    birth_date = external(
        "birthDate", date | None, description="The patient's day of birth; null where it is not known."
    )
    gender = external("gender", AdministrativeGender | None, description="The patient's gender for administration.")

    @guarded(
        description="The medical record of the patient; null for those who may not open it.",
        scopes=policy.READS_SAFETY,
    )
    async def record(
        self, info: Info
    ) -> Annotated["MedicalRecord", strawberry.lazy("subgraphs.records.types.record")] | None:
        from subgraphs.records.types.record import MedicalRecord

        return MedicalRecord(key=self.key) if await info.context.load(entries.readable, self.key) else None

    @guarded(
        description="The medical record to take along, as far as the caller may open it; null for those who may not.",
        scopes=[[policy.READ]],
        requires=["name { text } birthDate gender"],
    )
    async def record_export(
        self,
        info: Info,
        format: Annotated[RecordExportFormat, strawberry.argument(description="The format of the export.")],
    ) -> RecordExport | None:
        if not await info.context.load(entries.readable, self.key):
            return None
        name, gender = self.required.get("name") or {}, self.required.get("gender")
        person = Person(
            key=self.key,
            name=name.get("text", ""),
            birth_date=self.required.get("birthDate"),
            gender=AdministrativeGender[gender] if gender else None,
        )
        return RecordExport.of(await exports.export(info.context, person, format))

    @guarded(
        description=(
            "The filtration rates of the kidneys that recorded creatinine speaks for, the newest first; null for those who may "
            "not open the record."
        ),
        scopes=policy.READS_SAFETY,
        requires=["birthDate gender"],
        extensions=[Paged()],
    )
    async def filtration_rates(self, info: Info, page: Slice) -> Connection[FiltrationRate] | None:
        if not await info.context.load(entries.readable, self.key):
            return None
        signs = [await info.context.load(entries.sign_indexes, code) for code in CREATININE]
        convert = partial(FiltrationRate.of, required=self.required)
        lists, order = entries.VITAL_SIGNS_OF_PATIENT, entries.VITAL_SIGNS
        return await connect_each(info.context, lists, self.key, order, convert, page, *signs)


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


@stub(description="A visit of a patient to a practitioner at a time that was agreed on (FHIR Appointment).")
class Appointment(Stub):
    """Of appointments."""


@stub(description="An account that a person logs in with.")
class Account(Stub):
    """Of identity."""


@stub(description="A person of the staff or of a partner, as those are told of them at whose data they look.")
class StaffMember(Stub):
    """Of identity."""
