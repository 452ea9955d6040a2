"""Encounters may be known by their day, month or year"""

import sqlalchemy as sa
from alembic import op

revision = "records_0010"
down_revision = "records_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("encounter", sa.Column("partial_start", sa.String(), nullable=True))
    op.add_column("encounter", sa.Column("partial_end", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("encounter_partial_check"),
        "encounter",
        "num_nonnulls(partial_start, partial_end) = 0 OR status IN ('FINISHED', 'CANCELLED', 'ENTERED_IN_ERROR')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("encounter_partial_check"), "encounter", type_="check")
    op.drop_column("encounter", "partial_end")
    op.drop_column("encounter", "partial_start")
