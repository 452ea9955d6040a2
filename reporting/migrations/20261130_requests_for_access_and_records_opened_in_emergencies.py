"""Requests for access, and records opened in emergencies."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0004"
down_revision = "reporting_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_request_fact",
        sa.Column("access_request_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grant_withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('PENDING', 'GRANTED', 'REFUSED', 'EXPIRED', 'WITHDRAWN')",
            name=op.f("access_request_fact_outcome_check"),
        ),
        sa.PrimaryKeyConstraint("access_request_id", name=op.f("access_request_fact_pkey")),
    )
    op.create_index("access_request_fact_requested_at_idx", "access_request_fact", ["requested_at"], unique=False)
    op.create_table(
        "emergency_fact",
        sa.Column("emergency_access_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verdict IN ('JUSTIFIED', 'NOT_JUSTIFIED')", name=op.f("emergency_fact_verdict_check")),
        sa.PrimaryKeyConstraint("emergency_access_id", name=op.f("emergency_fact_pkey")),
    )
    op.create_index("emergency_fact_opened_at_idx", "emergency_fact", ["opened_at"], unique=False)


def downgrade() -> None:
    op.drop_index("emergency_fact_opened_at_idx", table_name="emergency_fact")
    op.drop_table("emergency_fact")
    op.drop_index("access_request_fact_requested_at_idx", table_name="access_request_fact")
    op.drop_table("access_request_fact")
