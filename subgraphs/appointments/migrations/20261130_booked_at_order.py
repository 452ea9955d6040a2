"""Appointments can be listed by when they were booked."""

from alembic import op

revision = "appointments_0006"
down_revision = "appointments_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("appointment_booked_at_idx", "appointment", ["booked_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("appointment_booked_at_idx", table_name="appointment")
