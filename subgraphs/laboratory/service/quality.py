"""Quality control: what analyzers measure in control material, and whether their results may go out."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import assign, utc_now
from shared.errors import InvalidState, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import QcVerdict, ValueType
from subgraphs.laboratory.commands.quality import RecordQcRun, SaveQcMaterial
from subgraphs.laboratory.errors import MATERIAL_REPEATED, MATERIALS_DIFFER, NOT_NUMERIC, OUT_OF_CONTROL, QC_LEVEL_TAKEN
from subgraphs.laboratory.events import QcFailed
from subgraphs.laboratory.models import QcMaterial, QcRun
from subgraphs.laboratory.models.quality import LEVEL_KEY
from subgraphs.laboratory.service.catalogue import flush, known_tests
from subgraphs.laboratory.westgard import LONGEST, judge


async def save_material(context: Context, command: SaveQcMaterial) -> QcMaterial:
    """Enter one material, or change one at the version that the client has read; runs that were judged stay so."""
    async with context.write() as work:
        await work.once(command)
        analyzer = await work.find(policy.analyzers, command.analyzer_id, scope=policy.EXAMINE, lock=False)
        (test,) = await known_tests(work, "labTestId", [command.lab_test_id])
        if test.value_type != ValueType.NUMERIC:
            raise invalid("labTestId", NOT_NUMERIC)
        values = command.model_dump(exclude={"id", "version", "idempotency_key"}) | {
            "analyzer_id": analyzer.id,
            "mean": Decimal(str(command.mean)),
            "deviation": Decimal(str(command.deviation)),
        }
        if command.id is None:
            row = QcMaterial(**values)
            work.session.add(row)
        else:
            row = await work.find(policy.qc_materials, command.id, scope=policy.EXAMINE, version=command.version)
            assign(row, values)
        await flush(work, LEVEL_KEY, QC_LEVEL_TAKEN)
        work.done(row.id)
    return row


async def record_run(context: Context, command: RecordQcRun) -> QcRun:
    """Judge a run beside those before it; one that fails is told of, and stops the analyzer's results of the test."""
    async with context.write() as work:
        await work.once(command)
        first = await work.find(policy.qc_materials, command.values[0].qc_material_id, scope=policy.EXAMINE, lock=False)
        # Locked: runs are judged one after the other.
        analyzer = await work.find(policy.analyzers, first.analyzer_id, scope=policy.EXAMINE)
        materials = await _materials(work, command, first)
        values: list[dict[str, Any]] = [
            {
                "material_id": str(each.qc_material_id),
                "level": materials[each.qc_material_id].level,
                "value": each.measured,
                "deviations": _deviations(materials[each.qc_material_id], each.measured),
            }
            for each in command.values
        ]
        earlier = await _earlier(work, analyzer.id, first.lab_test_id)
        runs = [{each["level"]: each["deviations"] for each in row.values} for row in earlier]
        found = judge([*runs, {each["level"]: each["deviations"] for each in values}])
        row = QcRun(
            analyzer_id=analyzer.id,
            lab_test_id=first.lab_test_id,
            account_id=work.principal.subject,
            at=utc_now(),
            verdict=found.verdict,
            rules=list(found.rules),
            values=values,
        )
        work.session.add(row)
        await work.session.flush()
        if found.verdict is QcVerdict.REJECTED:
            work.publish(
                QcFailed(
                    qc_run_id=row.id,
                    analyzer_id=analyzer.id,
                    lab_test_id=row.lab_test_id,
                    laboratory_id=analyzer.laboratory_id,
                    rules=row.rules,
                    failed_at=row.at,
                )
            )
        work.done(row.id)
    return row


async def in_control(work: UnitOfWork, analyzer_id: UUID | None, lab_test_id: UUID) -> bool:
    """Whether results of a test by an analyzer may go out: by its last run, if there was one."""
    if analyzer_id is None:
        return True
    last = select(col(QcRun.verdict)).where(
        col(QcRun.analyzer_id) == analyzer_id, col(QcRun.lab_test_id) == lab_test_id
    )
    return await work.session.scalar(last.order_by(col(QcRun.id).desc()).limit(1)) != QcVerdict.REJECTED


async def require_control(work: UnitOfWork, analyzer_id: UUID | None, lab_test_id: UUID) -> None:
    """Raise InvalidState where an analyzer is out of control for a test."""
    if not await in_control(work, analyzer_id, lab_test_id):
        raise InvalidState(OUT_OF_CONTROL)


async def _materials(work: UnitOfWork, command: RecordQcRun, first: QcMaterial) -> dict[UUID, QcMaterial]:
    """The materials of a run, each named once, in use and of one analyzer and test; raises InvalidInput."""
    keys = {each.qc_material_id for each in command.values}
    if len(keys) < len(command.values):
        raise invalid("values", MATERIAL_REPEATED)
    found = await work.rows(QcMaterial, keys, lock=False)
    kind = (first.analyzer_id, first.lab_test_id, True)
    if len(found) < len(keys) or any((x.analyzer_id, x.lab_test_id, x.active) != kind for x in found.values()):
        raise invalid("values", MATERIALS_DIFFER)
    return found


def _deviations(material: QcMaterial, value: float) -> float:
    return round(float((Decimal(str(value)) - material.mean) / material.deviation), 6)


async def _earlier(work: UnitOfWork, analyzer_id: UUID, lab_test_id: UUID) -> Sequence[QcRun]:
    """The runs that rules look at besides a new one, from the oldest on."""
    runs = select(QcRun).where(col(QcRun.analyzer_id) == analyzer_id, col(QcRun.lab_test_id) == lab_test_id)
    last = await work.session.scalars(runs.order_by(col(QcRun.id).desc()).limit(LONGEST - 1))
    return last.all()[::-1]
