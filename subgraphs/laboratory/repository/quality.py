"""Statements that read control material and its runs."""

from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from subgraphs.laboratory import policy
from subgraphs.laboratory.models import QcMaterial, QcRun

MATERIALS = Order((col(QcMaterial.id),))
RUNS = Order((col(QcRun.id),), descending=True)


def materials(principal: Principal, analyzer_id: UUID | None) -> Select[QcMaterial]:
    """All that the caller may see, or those of an analyzer."""
    statement = policy.qc_materials(principal)
    return statement if analyzer_id is None else statement.where(col(QcMaterial.analyzer_id) == analyzer_id)


def runs(principal: Principal, analyzer_id: UUID | None, lab_test_id: UUID | None) -> Select[QcRun]:
    """All that the caller may see, or those on an analyzer, or of a test."""
    statement = policy.qc_runs(principal)
    if analyzer_id is not None:
        statement = statement.where(col(QcRun.analyzer_id) == analyzer_id)
    return statement if lab_test_id is None else statement.where(col(QcRun.lab_test_id) == lab_test_id)
