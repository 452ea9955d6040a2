"""Asking for the catalogue, and keeping it."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import LONGEST_SEARCH, bounded, query
from shared.graph.mutations import mutation
from subgraphs.pharmacy import models
from subgraphs.pharmacy.commands.catalogue import SaveMedication
from subgraphs.pharmacy.policy import READ, WRITE
from subgraphs.pharmacy.repository import catalogue as repository
from subgraphs.pharmacy.service import catalogue as service
from subgraphs.pharmacy.types.catalogue import Medication

LONGEST_CODE = 20

Active = Annotated[
    bool | None,
    strawberry.argument(description="Only medications that are in use, or only those that are not; absent: all."),
]
Search = Annotated[
    str | None,
    bounded("Only medications whose name, ingredient or number in RxNorm matches this text.", LONGEST_SEARCH),
]
Code = Annotated[str, bounded("The number of the medication in RxNorm (RXCUI).", LONGEST_CODE)]


@strawberry.type
class CatalogueQuery:
    medication = by_key(
        Medication,
        description="The medication with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )

    @listing(Medication, repository.MEDICATIONS, description="The medications, by name.", scopes=[[READ]])
    async def medications(self, info: Info, search: Search = None, active: Active = None) -> Select[models.Medication]:
        return repository.medications(info.context.principal, search, active)

    @query(
        description="The medication with a number of RxNorm; null if there is none that the caller may see.",
        scopes=[[READ]],
    )
    async def medication_by_code(self, info: Info, rxcui: Code) -> Medication | None:
        row = await repository.by_code(info.context, rxcui)
        return None if row is None else Medication.of(row)


@strawberry.type
class CatalogueMutation:
    @mutation(description="Enter or change one medication.", scopes=[[WRITE]], errors=[NotFound, VersionConflict])
    async def save_medication(self, info: Info, input: SaveMedication) -> Medication:
        return Medication.of(await service.save_medication(info.context, input))
