"""Slots begin at the points of a grid that each schedule has of its own; whole locations can be closed."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0010"
down_revision = "appointments_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedule", sa.Column("slot_interval_minutes", sa.Integer(), server_default="15", nullable=False))
    op.add_column("schedule", sa.Column("slot_alignment", sa.String(), server_default="HOURS", nullable=False))
    for column in ("slot_interval_minutes", "slot_alignment"):
        op.alter_column("schedule", column, server_default=None)
    op.create_check_constraint(
        op.f("schedule_slot_interval_check"), "schedule", "slot_interval_minutes BETWEEN 5 AND 240"
    )
    op.create_check_constraint(
        op.f("schedule_slot_alignment_check"), "schedule", "slot_alignment IN ('HOURS', 'CLOCK')"
    )
    op.alter_column("schedule_exception", "practitioner_id", nullable=True)
    op.drop_constraint(op.f("schedule_exception_kind_check"), "schedule_exception", type_="check")
    op.create_check_constraint(
        op.f("schedule_exception_kind_check"),
        "schedule_exception",
        "kind = 'CLOSED' AND num_nonnulls(practitioner_id, location_id) > 0"
        " OR kind = 'EXTRA' AND num_nulls(practitioner_id, location_id, starts) = 0",
    )


def downgrade() -> None:
    op.execute("DELETE FROM schedule_exception WHERE practitioner_id IS NULL")
    op.alter_column("schedule_exception", "practitioner_id", nullable=False)
    op.drop_constraint(op.f("schedule_exception_kind_check"), "schedule_exception", type_="check")
    op.create_check_constraint(
        op.f("schedule_exception_kind_check"),
        "schedule_exception",
        "kind = 'CLOSED' OR (kind = 'EXTRA' AND location_id IS NOT NULL AND starts IS NOT NULL)",
    )
    op.drop_column("schedule", "slot_alignment")
    op.drop_column("schedule", "slot_interval_minutes")
