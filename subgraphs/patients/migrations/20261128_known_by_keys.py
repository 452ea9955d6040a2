"""Rows are known to other systems by keys in `resource_key`: the one that they had is the first."""

import sqlalchemy as sa
from alembic import op

revision = "patients_0002"
down_revision = "patients_0001"
branch_labels = None
depends_on = ("shared_0002",)


def upgrade() -> None:
    op.execute("""
        INSERT INTO resource_key (resource_type, digest, row_id, kind)
        SELECT 'Patient', sha256(convert_to(identifier, 'UTF8')), id, 'first' FROM patient WHERE identifier IS NOT NULL
    """)
    op.drop_column("patient", "identifier")


def downgrade() -> None:
    op.add_column("patient", sa.Column("identifier", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("patient_identifier_key"), "patient", ["identifier"])
