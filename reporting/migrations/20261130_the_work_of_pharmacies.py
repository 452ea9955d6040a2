"""The work of pharmacies."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0010"
down_revision = "reporting_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_fact",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("alert_fact_pkey")),
    )
    op.create_index("alert_fact_raised_at_idx", "alert_fact", ["raised_at"], unique=False)
    op.create_table(
        "dispensing_fact",
        sa.Column("dispense_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("dispensed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("dispense_id", "lot_id", name=op.f("dispensing_fact_pkey")),
    )
    op.create_index("dispensing_fact_dispensed_at_idx", "dispensing_fact", ["dispensed_at"], unique=False)
    op.create_table(
        "filling_fact",
        sa.Column("filling_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("filling_id", name=op.f("filling_fact_pkey")),
    )
    op.create_index("filling_fact_ready_at_idx", "filling_fact", ["ready_at"], unique=False)
    op.create_table(
        "prescription_fact",
        sa.Column("prescribing_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("prescribing_id", name=op.f("prescription_fact_pkey")),
    )
    op.create_index("prescription_fact_month_idx", "prescription_fact", ["month"], unique=False)


def downgrade() -> None:
    op.drop_index("prescription_fact_month_idx", table_name="prescription_fact")
    op.drop_table("prescription_fact")
    op.drop_index("filling_fact_ready_at_idx", table_name="filling_fact")
    op.drop_table("filling_fact")
    op.drop_index("dispensing_fact_dispensed_at_idx", table_name="dispensing_fact")
    op.drop_table("dispensing_fact")
    op.drop_index("alert_fact_raised_at_idx", table_name="alert_fact")
    op.drop_table("alert_fact")
