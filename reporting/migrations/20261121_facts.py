"""A row an appointment and a row a registered patient."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0001"
down_revision = None
branch_labels = ("reporting",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment_fact",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('BOOKED', 'CHECKED_IN', 'COMPLETED', 'CANCELLED', 'NO_SHOW')",
            name=op.f("appointment_fact_status_check"),
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("appointment_fact_pkey")),
    )
    op.create_index("appointment_fact_location_idx", "appointment_fact", ["location_id", "starts_at"], unique=False)
    op.create_index(
        "appointment_fact_practitioner_idx", "appointment_fact", ["practitioner_id", "starts_at"], unique=False
    )
    op.create_index("appointment_fact_starts_at_idx", "appointment_fact", ["starts_at"], unique=False)
    op.create_table(
        "registration_fact",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.CheckConstraint("way IN ('self', 'staff', 'import')", name=op.f("registration_fact_way_check")),
        sa.CheckConstraint("(way IS NULL) = (registered_at IS NULL)", name=op.f("registration_fact_registered_check")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("registration_fact_pkey")),
    )
    op.create_index("registration_fact_registered_at_idx", "registration_fact", ["registered_at"], unique=False)


def downgrade() -> None:
    op.drop_table("registration_fact")
    op.drop_table("appointment_fact")
