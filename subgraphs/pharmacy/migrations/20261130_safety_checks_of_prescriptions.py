"""Safety checks of prescriptions."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0004"
down_revision = "pharmacy_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "safety_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("knowledge_version", sa.String(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("occasion IN ('CHECK', 'SIGNATURE', 'DISPENSE')", name=op.f("safety_check_occasion_check")),
        sa.ForeignKeyConstraint(
            ["prescription_id"], ["prescription.id"], name=op.f("safety_check_prescription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("safety_check_pkey")),
    )
    op.create_index("safety_check_prescription_idx", "safety_check", ["prescription_id", "id"], unique=False)
    op.create_table(
        "safety_alert",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.Column("overridden_by", sa.Uuid(), nullable=True),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(status = 'OVERRIDDEN') <= (num_nulls(override_reason, overridden_by, overridden_at) = 0)",
            name=op.f("safety_alert_override_check"),
        ),
        sa.CheckConstraint(
            "override_reason IN ('BENEFIT_OUTWEIGHS_RISK', 'TOLERATED_BEFORE', 'MONITORED', 'NO_ALTERNATIVE', 'DOSE_ADJUSTED', 'NOT_APPLICABLE', 'OTHER')",
            name=op.f("safety_alert_override_reason_check"),
        ),
        sa.CheckConstraint(
            "rule IN ('NOT_CHECKED', 'ALLERGY', 'DUPLICATE', 'INTERACTION', 'DOSE', 'RENAL', 'PREGNANCY', 'AGE')",
            name=op.f("safety_alert_rule_check"),
        ),
        sa.CheckConstraint("severity IN ('INTERRUPTS', 'WARNS', 'INFORMS')", name=op.f("safety_alert_severity_check")),
        sa.CheckConstraint(
            "status IN ('RAISED', 'OVERRIDDEN', 'AVOIDED', 'SUPERSEDED')", name=op.f("safety_alert_status_check")
        ),
        sa.ForeignKeyConstraint(["check_id"], ["safety_check.id"], name=op.f("safety_alert_check_id_fkey")),
        sa.ForeignKeyConstraint(
            ["prescription_id"], ["prescription.id"], name=op.f("safety_alert_prescription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("safety_alert_pkey")),
    )
    op.create_index("safety_alert_digest_idx", "safety_alert", ["digest"], unique=False)
    op.create_index("safety_alert_prescription_key", "safety_alert", ["prescription_id", "digest"], unique=True)
    op.execute("""
        CREATE TRIGGER safety_alert_status BEFORE INSERT OR UPDATE ON safety_alert
        FOR EACH ROW EXECUTE FUNCTION refuse_other_changes_of_status(
            '>RAISED', 'RAISED>AVOIDED', 'RAISED>OVERRIDDEN', 'RAISED>SUPERSEDED', 'SUPERSEDED>RAISED'
        )
    """)


def downgrade() -> None:
    op.drop_index("safety_alert_prescription_key", table_name="safety_alert")
    op.drop_index("safety_alert_digest_idx", table_name="safety_alert")
    op.drop_table("safety_alert")
    op.drop_index("safety_check_prescription_idx", table_name="safety_check")
    op.drop_table("safety_check")
