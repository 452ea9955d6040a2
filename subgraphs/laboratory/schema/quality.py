"""Quality control: control material and its runs."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import listing
from shared.graph.fields import key_of
from shared.graph.mutations import mutation
from subgraphs.laboratory import models
from subgraphs.laboratory.commands.quality import RecordQcRun, SaveQcMaterial
from subgraphs.laboratory.policy import EXAMINE, WRITE
from subgraphs.laboratory.repository import quality as repository
from subgraphs.laboratory.service import quality
from subgraphs.laboratory.types.quality import QcMaterial, QcRun

_READ = [[EXAMINE], [WRITE]]


@strawberry.type
class QualityQuery:
    @listing(
        QcMaterial,
        repository.MATERIALS,
        description="The control material of the analyzers that the caller may see.",
        scopes=_READ,
    )
    async def qc_materials(
        self,
        info: Info,
        analyzer_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only that of this analyzer; absent: of any.")
        ] = None,
    ) -> Select[models.QcMaterial]:
        return repository.materials(info.context.principal, key_of(analyzer_id, "Analyzer"))

    @listing(
        QcRun,
        repository.RUNS,
        description="Runs of control material on the analyzers that the caller may see, the newest first.",
        scopes=_READ,
    )
    async def qc_runs(
        self,
        info: Info,
        analyzer_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only runs on this analyzer; absent: on any.")
        ] = None,
        lab_test_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only runs of this test; absent: of any.")
        ] = None,
    ) -> Select[models.QcRun]:
        keys = key_of(analyzer_id, "Analyzer"), key_of(lab_test_id, "LabTest")
        return repository.runs(info.context.principal, *keys)


@strawberry.type
class QualityMutation:
    @mutation(
        description="Enter control material of an analyzer of the caller's laboratory, or change some.",
        scopes=[[EXAMINE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def save_qc_material(self, info: Info, input: SaveQcMaterial) -> QcMaterial:
        return QcMaterial.of(await quality.save_material(info.context, input))

    @mutation(
        description="Note what an analyzer measured in its control material; a run that fails stops its results.",
        scopes=[[EXAMINE]],
        errors=[InvalidState, NotFound],
    )
    async def record_qc_run(self, info: Info, input: RecordQcRun) -> QcRun:
        return QcRun.of(await quality.record_run(info.context, input))
