"""Types say what patients are held to; the staff book what is not free; patients may have died."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0011"
down_revision = "appointments_0010"
branch_labels = None
depends_on = None

_OPEN = "status IN ('HELD', 'BOOKED', 'CHECKED_IN')"


def upgrade() -> None:
    op.add_column("patient", sa.Column("deceased", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("patient", "deceased", server_default=None)
    for column in ("cancellation_notice_hours", "rescheduling_notice_hours"):
        op.add_column("appointment_type", sa.Column(column, sa.Integer(), server_default="0", nullable=False))
        op.alter_column("appointment_type", column, server_default=None)
    for column in ("horizon_days", "maximum_per_patient", "maximum_per_day"):
        op.add_column("appointment_type", sa.Column(column, sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("appointment_type_notice_check"),
        "appointment_type",
        "cancellation_notice_hours BETWEEN 0 AND 720 AND rescheduling_notice_hours BETWEEN 0 AND 720",
    )
    op.create_check_constraint(
        op.f("appointment_type_limits_check"),
        "appointment_type",
        "horizon_days BETWEEN 1 AND 730 AND maximum_per_patient BETWEEN 1 AND 100 AND maximum_per_day BETWEEN 1 AND 200",
    )
    op.add_column("appointment", sa.Column("overbooking", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("appointment_overbooking_check"), "appointment", "overbooking IN ('WALK_IN', 'URGENT', 'AGREED', 'OTHER')"
    )
    _let_practitioners_overlap(f"{_OPEN} AND overbooking IS NULL")


def downgrade() -> None:
    _let_practitioners_overlap(_OPEN)
    op.drop_column("appointment", "overbooking")
    for column in ("maximum_per_day", "maximum_per_patient", "horizon_days"):
        op.drop_column("appointment_type", column)
    for column in ("rescheduling_notice_hours", "cancellation_notice_hours"):
        op.drop_column("appointment_type", column)
    op.drop_column("patient", "deceased")


def _let_practitioners_overlap(unless: str) -> None:
    op.drop_constraint("appointment_practitioner_overlap", "appointment")
    op.execute(
        "ALTER TABLE appointment ADD CONSTRAINT appointment_practitioner_overlap EXCLUDE USING gist"
        f" (practitioner_id WITH =, tstzrange(occupied_from, occupied_until) WITH &&) WHERE ({unless})"
    )
