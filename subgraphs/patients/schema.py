"""The patients' part of the graph."""

from datetime import date
from typing import Annotated

import strawberry

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Info
from shared.graph.fields import mutation, query
from shared.graph.schema import Schema
from shared.ids import parse_id
from subgraphs.patients import repository, service
from subgraphs.patients.inputs import (
    MergePatientsInput,
    MergePatientsPayload,
    MergePatientsSuccess,
    RegisterMyselfInput,
    RegisterMyselfPayload,
    RegisterMyselfSuccess,
    RegisterPatientInput,
    RegisterPatientPayload,
    RegisterPatientSuccess,
    UpdatePatientInput,
    UpdatePatientPayload,
    UpdatePatientSuccess,
)
from subgraphs.patients.merge import merge_patients
from subgraphs.patients.policy import MERGE, READ, WRITE
from subgraphs.patients.types import Patient

Search = Annotated[
    str | None,
    strawberry.argument(description="A part of the name, or words much like it, or the whole of a patient's number."),
]
BirthDate = Annotated[date | None, strawberry.argument(description="Day of birth.")]


@strawberry.type
class Query:
    @query(description="A patient by their key.", scopes=[[READ]])
    async def patient(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The key.")]
    ) -> Patient | None:
        key = parse_id(id)
        return (await Patient.resolve_references(info.context, [key]))[0] if key else None

    @query(description="The caller's own record; null before `registerMyself`.", scopes=[[READ]])
    async def my_patient(self, info: Info) -> Patient | None:
        row = await repository.own_patient(info.context)
        return Patient.of(row) if row else None

    @query(description="Patients by name, without merged duplicates.", scopes=[[READ]])
    async def patients(
        self,
        info: Info,
        search: Search = None,
        birth_date: BirthDate = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Patient] | None:
        statement = repository.search_patients(info.context.principal, search, birth_date)
        return await connect(info.context, statement, repository.PATIENTS, Patient.of, first, after)

    @query(description="Patients who may be here twice, by name; each has `possibleDuplicates`.", scopes=[[MERGE]])
    async def patients_with_duplicates(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Patient] | None:
        statement = repository.search_patients(info.context.principal, None, None, with_duplicates=True)
        return await connect(info.context, statement, repository.PATIENTS, Patient.of, first, after)


@strawberry.type
class Mutation:
    @mutation(description="Enter a patient; for staff.", scopes=[[WRITE]])
    async def register_patient(self, info: Info, input: RegisterPatientInput) -> RegisterPatientPayload | None:
        row = await service.register_patient(info.context, input)
        return RegisterPatientSuccess(patient=Patient.of(row))

    @mutation(description="Enter oneself; for a patient's own account.", scopes=[[WRITE]])
    async def register_myself(self, info: Info, input: RegisterMyselfInput) -> RegisterMyselfPayload | None:
        row = await service.register_myself(info.context, input)
        return RegisterMyselfSuccess(patient=Patient.of(row))

    @mutation(description="Change a patient; patients change themselves.", scopes=[[WRITE]])
    async def update_patient(self, info: Info, input: UpdatePatientInput) -> UpdatePatientPayload | None:
        row = await service.update_patient(info.context, input)
        return UpdatePatientSuccess(patient=Patient.of(row))

    @mutation(description="Make two records of one person one; for staff.", scopes=[[MERGE]])
    async def merge_patients(self, info: Info, input: MergePatientsInput) -> MergePatientsPayload | None:
        row = await merge_patients(info.context, input)
        return MergePatientsSuccess(patient=Patient.of(row))


schema = Schema(query=Query, mutation=Mutation)
