"""Visits may lack a practitioner and a location."""

from alembic import op

revision = "reporting_0003"
down_revision = "reporting_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("appointment_fact", "practitioner_id", nullable=True)
    op.alter_column("appointment_fact", "location_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM appointment_fact WHERE num_nulls(practitioner_id, location_id) > 0")
    op.alter_column("appointment_fact", "location_id", nullable=False)
    op.alter_column("appointment_fact", "practitioner_id", nullable=False)
