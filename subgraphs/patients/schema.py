"""The patients' part of the graph."""

from datetime import date
from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import LONGEST_SEARCH, bounded, query
from shared.graph.mutations import mutation
from shared.graph.schema import Schema
from subgraphs.patients import merge, models, repository, service
from subgraphs.patients.commands import MergePatients, RegisterMyself, RegisterPatient, UpdatePatient
from subgraphs.patients.policy import MERGE, READ, WRITE
from subgraphs.patients.types import Patient

Search = Annotated[
    str | None,
    bounded(
        "Only patients whose name has these words, or words much like them, in any order, however they are spelt; who were born"
        " on this day, with or without a name; or whose medical record number, number of another system, telephone number or"
        " email address it is. A day may be written 1980-12-24, 24.12.1980 or 12/24/1980. What the caller is not shown of a"
        " patient is not searched.",
        LONGEST_SEARCH,
    ),
]
BirthDate = Annotated[date | None, strawberry.argument(description="Only patients who were born on this day.")]


@strawberry.type
class Query:
    patient = by_key(
        Patient, description="The patient with an id; null if there is none that the caller may see.", scopes=[[READ]]
    )

    @query(description="The patient that the caller is; null before `registerMyself`.", scopes=[[READ]])
    async def my_patient(self, info: Info) -> Patient | None:
        row = await repository.own_patient(info.context)
        return Patient.of(row) if row else None

    @listing(
        Patient,
        repository.PATIENTS,
        description="The patients, by name, without duplicates that were merged.",
        scopes=[[READ]],
    )
    async def patients(self, info: Info, search: Search = None, birth_date: BirthDate = None) -> Select[models.Patient]:
        return repository.search_patients(info.context.principal, search, birth_date)

    @listing(
        Patient,
        repository.BY_NAME,
        description="The patients who may be here twice, by name; each has `possibleDuplicates`.",
        scopes=[[MERGE]],
    )
    async def patients_with_duplicates(self, info: Info) -> Select[models.Patient]:
        return repository.search_patients(info.context.principal, None, None, with_duplicates=True)


@strawberry.type
class Mutation:
    @mutation(description="Register a patient; for staff.", scopes=[[WRITE]])
    async def register_patient(self, info: Info, input: RegisterPatient) -> Patient:
        return Patient.of(await service.register_patient(info.context, input))

    @mutation(
        description="Register the caller as a patient; for a patient's own account.",
        scopes=[[WRITE]],
        errors=[InvalidState],
    )
    async def register_myself(self, info: Info, input: RegisterMyself) -> Patient:
        return Patient.of(await service.register_myself(info.context, input))

    @mutation(
        description="Change a patient; patients change themselves.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def update_patient(self, info: Info, input: UpdatePatient) -> Patient:
        return Patient.of(await service.update_patient(info.context, input))

    @mutation(
        description="Merge two records of one person into one; for staff.",
        scopes=[[MERGE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def merge_patients(self, info: Info, input: MergePatients) -> Patient:
        return Patient.of(await merge.merge_patients(info.context, input))


schema = Schema(query=Query, mutation=Mutation)
