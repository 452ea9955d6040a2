"""Whose email addresses others are to be told of"""

import sqlalchemy as sa
from alembic import op

revision = "patients_0003"
down_revision = "patients_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untold_addresses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("untold_addresses_patient_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("untold_addresses_pkey")),
        sa.UniqueConstraint("patient_id", name=op.f("untold_addresses_patient_id_key")),
    )


def downgrade() -> None:
    op.drop_table("untold_addresses")
