"""Imports leave it to people who may be the same"""

import sqlalchemy as sa
from alembic import op

revision = "patients_0008"
down_revision = "patients_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "possible_duplicate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("patient_id <> other_id", name=op.f("possible_duplicate_two_check")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["patient.id"], name=op.f("possible_duplicate_other_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("possible_duplicate_patient_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("possible_duplicate_pkey")),
        sa.UniqueConstraint("patient_id", "other_id", name=op.f("possible_duplicate_patient_id_other_id_key")),
    )
    op.create_index(op.f("possible_duplicate_other_id_idx"), "possible_duplicate", ["other_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("possible_duplicate_other_id_idx"), table_name="possible_duplicate")
    op.drop_table("possible_duplicate")
