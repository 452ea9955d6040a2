"""Asking for the catalogue, and keeping it."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.mutations import mutation
from subgraphs.laboratory import models
from subgraphs.laboratory.commands.catalogue import SaveLabTest
from subgraphs.laboratory.policy import READ, WRITE
from subgraphs.laboratory.repository import catalogue as repository
from subgraphs.laboratory.service import catalogue as service
from subgraphs.laboratory.types.catalogue import LabTest

Active = Annotated[
    bool | None,
    strawberry.argument(description="Only lab tests that are in use, or only those that are not; absent: all."),
]


@strawberry.type
class CatalogueQuery:
    lab_test = by_key(
        LabTest,
        description="The lab test with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )

    @listing(LabTest, repository.LAB_TESTS, description="The lab tests, by name.", scopes=[[READ]])
    async def lab_tests(self, info: Info, active: Active = None) -> Select[models.LabTest]:
        return repository.lab_tests(info.context.principal, active)


@strawberry.type
class CatalogueMutation:
    @mutation(description="Enter or change one lab test.", scopes=[[WRITE]], errors=[NotFound, VersionConflict])
    async def save_lab_test(self, info: Info, input: SaveLabTest) -> LabTest:
        return LabTest.of(await service.save_lab_test(info.context, input))
