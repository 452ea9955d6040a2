"""Clinical notes."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0005"
down_revision = "reporting_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note_fact",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("note_id", name=op.f("note_fact_pkey")),
    )
    op.create_index("note_fact_written_at_idx", "note_fact", ["written_at"], unique=False)


def downgrade() -> None:
    op.drop_index("note_fact_written_at_idx", table_name="note_fact")
    op.drop_table("note_fact")
