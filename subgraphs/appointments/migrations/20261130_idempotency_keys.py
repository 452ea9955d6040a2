"""Idempotency keys are in the shared table."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0005"
down_revision = "appointments_0004"
branch_labels = None
depends_on = ("shared_0004",)


def upgrade() -> None:
    op.execute("""
        INSERT INTO idempotency_key (account_id, operation, key, fingerprint, resource_id, created_at)
        SELECT account_id, 'BookAppointment', key, fingerprint, appointment_id, created_at FROM booking_key
    """)
    op.drop_table("booking_key")


def downgrade() -> None:
    op.create_table(
        "booking_key",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), sa.ForeignKey("appointment.id", ondelete="CASCADE"), nullable=False),
        sa.UniqueConstraint("account_id", "key", name="booking_key_account"),
    )
    op.create_index("booking_key_created_at_idx", "booking_key", ["created_at"])
    op.create_index("booking_key_appointment_id_idx", "booking_key", ["appointment_id"])
