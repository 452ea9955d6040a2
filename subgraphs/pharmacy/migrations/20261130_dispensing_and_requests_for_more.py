"""Dispensing, and requests for more."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0006"
down_revision = "pharmacy_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispense",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("controlled", sa.Boolean(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("status <> 'HANDED_OVER' OR handed_over_at IS NOT NULL", name=op.f("dispense_has_check")),
        sa.CheckConstraint(
            "status IN ('PREPARATION', 'READY', 'HANDED_OVER', 'RETURNED_TO_STOCK', 'ON_HOLD', 'DECLINED')",
            name=op.f("dispense_status_check"),
        ),
        sa.CheckConstraint(
            "(handed_over_at IS NULL) = (handed_over_by IS NULL)", name=op.f("dispense_handed_over_check")
        ),
        sa.CheckConstraint("NOT controlled OR handed_over_by <> prepared_by", name=op.f("dispense_two_persons_check")),
        sa.CheckConstraint("quantity > 0", name=op.f("dispense_quantity_check")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("dispense_location_id_fkey")),
        sa.ForeignKeyConstraint(["medication_id"], ["medication.id"], name=op.f("dispense_medication_id_fkey")),
        sa.ForeignKeyConstraint(["prescription_id"], ["prescription.id"], name=op.f("dispense_prescription_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dispense_pkey")),
    )
    op.create_index("dispense_location_idx", "dispense", ["location_id", "status", "id"], unique=False)
    op.create_index(op.f("dispense_medication_id_idx"), "dispense", ["medication_id"], unique=False)
    op.create_index(op.f("dispense_patient_id_idx"), "dispense", ["patient_id"], unique=False)
    op.create_index("dispense_prescription_idx", "dispense", ["prescription_id", "id"], unique=False)
    op.create_table(
        "refill_request",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renewal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'APPROVED') = (renewal_id IS NOT NULL)", name=op.f("refill_request_approved_check")
        ),
        sa.CheckConstraint(
            "status IN ('REQUESTED', 'APPROVED', 'DENIED', 'WITHDRAWN')", name=op.f("refill_request_status_check")
        ),
        sa.ForeignKeyConstraint(
            ["prescription_id"], ["prescription.id"], name=op.f("refill_request_prescription_id_fkey")
        ),
        sa.ForeignKeyConstraint(["renewal_id"], ["prescription.id"], name=op.f("refill_request_renewal_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("refill_request_pkey")),
    )
    op.create_index("refill_request_patient_idx", "refill_request", ["patient_id", "id"], unique=False)
    op.create_index(
        "refill_request_practitioner_idx", "refill_request", ["practitioner_id", "status", "id"], unique=False
    )
    op.create_index(
        "refill_request_waiting_key",
        "refill_request",
        ["prescription_id"],
        unique=True,
        postgresql_where=sa.text("status = 'REQUESTED'"),
    )
    op.execute("""
        CREATE TRIGGER dispense_status BEFORE INSERT OR UPDATE ON dispense
        FOR EACH ROW EXECUTE FUNCTION refuse_other_changes_of_status(
            '>PREPARATION', 'HANDED_OVER>RETURNED_TO_STOCK', 'ON_HOLD>DECLINED', 'ON_HOLD>PREPARATION',
            'ON_HOLD>RETURNED_TO_STOCK', 'PREPARATION>DECLINED', 'PREPARATION>ON_HOLD', 'PREPARATION>READY',
            'PREPARATION>RETURNED_TO_STOCK', 'READY>DECLINED', 'READY>HANDED_OVER', 'READY>ON_HOLD',
            'READY>RETURNED_TO_STOCK'
        )
    """)
    op.execute("""
        CREATE TRIGGER refill_request_status BEFORE INSERT OR UPDATE ON refill_request
        FOR EACH ROW EXECUTE FUNCTION refuse_other_changes_of_status(
            '>REQUESTED', 'REQUESTED>APPROVED', 'REQUESTED>DENIED', 'REQUESTED>WITHDRAWN'
        )
    """)


def downgrade() -> None:
    op.drop_index(
        "refill_request_waiting_key", table_name="refill_request", postgresql_where=sa.text("status = 'REQUESTED'")
    )
    op.drop_index("refill_request_practitioner_idx", table_name="refill_request")
    op.drop_index("refill_request_patient_idx", table_name="refill_request")
    op.drop_table("refill_request")
    op.drop_index("dispense_prescription_idx", table_name="dispense")
    op.drop_index(op.f("dispense_patient_id_idx"), table_name="dispense")
    op.drop_index(op.f("dispense_medication_id_idx"), table_name="dispense")
    op.drop_index("dispense_location_idx", table_name="dispense")
    op.drop_table("dispense")
