"""Pharmacy."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0001"
down_revision = None
branch_labels = ("pharmacy",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "medication",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("medication_pkey")),
    )
    op.create_index(op.f("medication_name_idx"), "medication", ["name"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("medication_name_idx"), table_name="medication")
    op.drop_table("medication")
