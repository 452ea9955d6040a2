"""Asking for the catalogue, and keeping it."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.mutations import mutation
from subgraphs.laboratory import models
from subgraphs.laboratory.commands.catalogue import SaveLabPanel, SaveLabTest, SaveReferenceRange, SaveReflexRule
from subgraphs.laboratory.policy import READ, WRITE
from subgraphs.laboratory.repository import catalogue as repository
from subgraphs.laboratory.service import catalogue as service
from subgraphs.laboratory.types.catalogue import LabPanel, LabTest, ReferenceRange, ReflexRule

Active = Annotated[
    bool | None,
    strawberry.argument(description="Only what can be ordered, or only what cannot; absent: all."),
]
_ERRORS = [InvalidState, NotFound, VersionConflict]


@strawberry.type
class CatalogueQuery:
    lab_test = by_key(
        LabTest,
        description="The lab test with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )
    lab_panel = by_key(
        LabPanel,
        description="The panel of tests with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )

    @listing(LabTest, repository.LAB_TESTS, description="The lab tests, by name.", scopes=[[READ]])
    async def lab_tests(self, info: Info, active: Active = None) -> Select[models.LabTest]:
        return repository.lab_tests(info.context.principal, active)

    @listing(LabPanel, repository.LAB_PANELS, description="The panels of tests, by name.", scopes=[[READ]])
    async def lab_panels(self, info: Info, active: Active = None) -> Select[models.LabPanel]:
        return repository.lab_panels(info.context.principal, active)


@strawberry.type
class CatalogueMutation:
    @mutation(description="Enter or change one lab test.", scopes=[[WRITE]], errors=_ERRORS)
    async def save_lab_test(self, info: Info, input: SaveLabTest) -> LabTest:
        return LabTest.of(await service.save_lab_test(info.context, input))

    @mutation(description="Enter or change one panel of tests.", scopes=[[WRITE]], errors=[NotFound, VersionConflict])
    async def save_lab_panel(self, info: Info, input: SaveLabPanel) -> LabPanel:
        return LabPanel.of(await service.save_lab_panel(info.context, input))

    @mutation(
        description="Say what is usual of a test's result for some people; what was said before stays known.",
        scopes=[[WRITE]],
        errors=_ERRORS,
    )
    async def save_reference_range(self, info: Info, input: SaveReferenceRange) -> ReferenceRange:
        return ReferenceRange.of(await service.save_reference_range(info.context, input))

    @mutation(
        description="Let a result add a test to its order, or no longer.",
        scopes=[[WRITE]],
        errors=[NotFound, VersionConflict],
    )
    async def save_reflex_rule(self, info: Info, input: SaveReflexRule) -> ReflexRule:
        return ReflexRule.of(await service.save_reflex_rule(info.context, input))
