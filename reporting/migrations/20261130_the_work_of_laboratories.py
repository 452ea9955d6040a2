"""The work of laboratories."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0009"
down_revision = "reporting_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analysis_fact",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("target_minutes", sa.Integer(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resulted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("analysis_id", name=op.f("analysis_fact_pkey")),
    )
    op.create_index("analysis_fact_released_at_idx", "analysis_fact", ["released_at"], unique=False)
    op.create_table(
        "critical_fact",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("critical_fact_pkey")),
    )
    op.create_index("critical_fact_raised_at_idx", "critical_fact", ["raised_at"], unique=False)
    op.create_table(
        "lab_report_fact",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("lab_report_fact_pkey")),
    )
    op.create_index("lab_report_fact_released_at_idx", "lab_report_fact", ["released_at"], unique=False)
    op.create_table(
        "qc_failure_fact",
        sa.Column("qc_run_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("analyzer_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("qc_run_id", name=op.f("qc_failure_fact_pkey")),
    )
    op.create_index("qc_failure_fact_failed_at_idx", "qc_failure_fact", ["failed_at"], unique=False)
    op.create_table(
        "specimen_fact",
        sa.Column("specimen_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("specimen_id", name=op.f("specimen_fact_pkey")),
    )


def downgrade() -> None:
    op.drop_table("specimen_fact")
    op.drop_index("qc_failure_fact_failed_at_idx", table_name="qc_failure_fact")
    op.drop_table("qc_failure_fact")
    op.drop_index("lab_report_fact_released_at_idx", table_name="lab_report_fact")
    op.drop_table("lab_report_fact")
    op.drop_index("critical_fact_raised_at_idx", table_name="critical_fact")
    op.drop_table("critical_fact")
    op.drop_index("analysis_fact_released_at_idx", table_name="analysis_fact")
    op.drop_table("analysis_fact")
