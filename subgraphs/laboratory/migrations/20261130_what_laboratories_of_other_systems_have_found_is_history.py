"""What laboratories of other systems have found is history."""

import sqlalchemy as sa
from alembic import op

revision = "laboratory_0005"
down_revision = "laboratory_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "received_report",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(), nullable=True),
        sa.Column("result_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("vital_signs_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("specimen_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("request_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('REGISTERED', 'ACTIVE', 'ON_HOLD', 'PARTIAL', 'PRELIMINARY', 'FINAL', 'AMENDED', 'CORRECTED', 'APPENDED', 'CANCELLED', 'ENTERED_IN_ERROR', 'UNKNOWN')",
            name=op.f("received_report_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("received_report_pkey")),
    )
    op.create_index("received_report_patient_idx", "received_report", ["patient_id", "at", "id"], unique=False)
    op.create_index(
        "received_report_results_idx", "received_report", ["result_ids"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "received_request",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(), nullable=True),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('REGISTERED', 'ACTIVE', 'ON_HOLD', 'PARTIAL', 'PRELIMINARY', 'FINAL', 'AMENDED', 'CORRECTED', 'APPENDED', 'CANCELLED', 'ENTERED_IN_ERROR', 'UNKNOWN')",
            name=op.f("received_request_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("received_request_pkey")),
    )
    op.create_index("received_request_patient_idx", "received_request", ["patient_id", "at", "id"], unique=False)
    op.create_table(
        "received_result",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(), nullable=True),
        sa.Column("analytes", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("specimen_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("member_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('REGISTERED', 'ACTIVE', 'ON_HOLD', 'PARTIAL', 'PRELIMINARY', 'FINAL', 'AMENDED', 'CORRECTED', 'APPENDED', 'CANCELLED', 'ENTERED_IN_ERROR', 'UNKNOWN')",
            name=op.f("received_result_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("received_result_pkey")),
    )
    op.create_index("received_result_patient_idx", "received_result", ["patient_id", "at", "id"], unique=False)
    op.create_table(
        "received_specimen",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('REGISTERED', 'ACTIVE', 'ON_HOLD', 'PARTIAL', 'PRELIMINARY', 'FINAL', 'AMENDED', 'CORRECTED', 'APPENDED', 'CANCELLED', 'ENTERED_IN_ERROR', 'UNKNOWN')",
            name=op.f("received_specimen_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("received_specimen_pkey")),
    )
    op.create_index("received_specimen_patient_idx", "received_specimen", ["patient_id", "at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("received_specimen_patient_idx", table_name="received_specimen")
    op.drop_table("received_specimen")
    op.drop_index("received_result_patient_idx", table_name="received_result")
    op.drop_table("received_result")
    op.drop_index("received_request_patient_idx", table_name="received_request")
    op.drop_table("received_request")
    op.drop_index("received_report_results_idx", table_name="received_report", postgresql_using="gin")
    op.drop_index("received_report_patient_idx", table_name="received_report")
    op.drop_table("received_report")
