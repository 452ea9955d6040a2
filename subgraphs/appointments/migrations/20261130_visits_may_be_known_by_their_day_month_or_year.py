"""Visits may be known by their day, month or year."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0008"
down_revision = "appointments_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appointment", sa.Column("partial_start", sa.String(), nullable=True))
    op.add_column("appointment", sa.Column("partial_end", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("appointment_partial_check"),
        "appointment",
        "num_nonnulls(partial_start, partial_end) = 0 OR status NOT IN ('HELD', 'BOOKED', 'CHECKED_IN')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("appointment_partial_check"), "appointment", type_="check")
    op.drop_column("appointment", "partial_end")
    op.drop_column("appointment", "partial_start")
