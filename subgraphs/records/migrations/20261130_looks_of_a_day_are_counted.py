"""Looks of a day are counted."""

import sqlalchemy as sa
from alembic import op

revision = "records_0009"
down_revision = "records_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uncounted_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("uncounted_day_pkey")),
        sa.UniqueConstraint("day", name=op.f("uncounted_day_day_key")),
    )


def downgrade() -> None:
    op.drop_table("uncounted_day")
