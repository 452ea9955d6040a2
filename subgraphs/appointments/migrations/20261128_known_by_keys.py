"""Rows are known to other systems by keys in `resource_key`: the one that they had is the first."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0002"
down_revision = "appointments_0001"
branch_labels = None
depends_on = ("shared_0002",)


def upgrade() -> None:
    op.execute("""
        INSERT INTO resource_key (resource_type, digest, row_id, kind)
        SELECT 'Encounter', sha256(convert_to(identifier, 'UTF8')), id, 'first' FROM appointment WHERE identifier IS NOT NULL
    """)
    op.drop_column("appointment", "identifier")


def downgrade() -> None:
    op.add_column("appointment", sa.Column("identifier", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("appointment_identifier_key"), "appointment", ["identifier"])
