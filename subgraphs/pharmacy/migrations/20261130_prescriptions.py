"""Prescriptions."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0002"
down_revision = "pharmacy_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("location_pkey")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_pkey")),
    )
    op.create_table(
        "prescription",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("held_status", sa.String(), nullable=True),
        sa.Column("schedule", sa.String(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("refills", sa.Integer(), nullable=False),
        sa.Column("authorised_quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("dispensed_quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("prepared_quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("based_on_id", sa.Uuid(), nullable=True),
        sa.Column("statement_id", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recheck_needed", sa.Boolean(), nullable=False),
        sa.Column("unchecked", sa.Boolean(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(status = 'ON_HOLD') = (held_status IS NOT NULL)", name=op.f("prescription_held_check")),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'CANCELLED', 'ENTERED_IN_ERROR') OR (signed_at IS NOT NULL AND signed_by IS NOT NULL)",
            name=op.f("prescription_signed_check"),
        ),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'SIGNED', 'VERIFIED', 'PARTIALLY_DISPENSED', 'COMPLETED', 'ON_HOLD', 'STOPPED', 'CANCELLED', 'EXPIRED', 'ENTERED_IN_ERROR')",
            name=op.f("prescription_status_check"),
        ),
        sa.CheckConstraint(
            "dispensed_quantity >= 0 AND prepared_quantity >= 0 AND dispensed_quantity + prepared_quantity <= authorised_quantity",
            name=op.f("prescription_dispensed_check"),
        ),
        sa.CheckConstraint(
            "quantity > 0 AND refills >= 0 AND authorised_quantity = quantity * (refills + 1)",
            name=op.f("prescription_quantity_check"),
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("prescription_validity_check")),
        sa.ForeignKeyConstraint(["based_on_id"], ["prescription.id"], name=op.f("prescription_based_on_id_fkey")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("prescription_location_id_fkey")),
        sa.ForeignKeyConstraint(["medication_id"], ["medication.id"], name=op.f("prescription_medication_id_fkey")),
        sa.ForeignKeyConstraint(["replaces_id"], ["prescription.id"], name=op.f("prescription_replaces_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("prescription_pkey")),
    )
    op.create_index("prescription_code_key", "prescription", ["code_digest"], unique=True)
    op.create_index("prescription_location_idx", "prescription", ["location_id", "status", "id"], unique=False)
    op.create_index(op.f("prescription_medication_id_idx"), "prescription", ["medication_id"], unique=False)
    op.create_index("prescription_patient_idx", "prescription", ["patient_id", "id"], unique=False)
    op.create_index("prescription_practitioner_idx", "prescription", ["practitioner_id", "id"], unique=False)
    op.create_index("prescription_valid_until_idx", "prescription", ["valid_until"], unique=False)
    op.create_table(
        "prescription_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prescription_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'SIGNED', 'VERIFIED', 'PARTIALLY_DISPENSED', 'COMPLETED', 'ON_HOLD', 'STOPPED', 'CANCELLED', 'EXPIRED', 'ENTERED_IN_ERROR')",
            name=op.f("prescription_change_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["prescription_id"], ["prescription.id"], name=op.f("prescription_change_prescription_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("prescription_change_pkey")),
    )
    op.create_index(
        "prescription_change_prescription_idx", "prescription_change", ["prescription_id", "id"], unique=False
    )
    # A trigger's arguments are the changes of `status` that it lets pass, `from>to`; that of a new row is `>to`.
    op.execute("""
        CREATE FUNCTION refuse_other_changes_of_status() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status IS DISTINCT FROM NEW.status
               AND coalesce(OLD.status, '') || '>' || NEW.status <> ALL (TG_ARGV) THEN
                RAISE EXCEPTION 'the status of a row of % cannot become %', TG_TABLE_NAME, NEW.status
                USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER prescription_status BEFORE INSERT OR UPDATE ON prescription
        FOR EACH ROW EXECUTE FUNCTION refuse_other_changes_of_status(
            '>DRAFT', 'COMPLETED>PARTIALLY_DISPENSED', 'COMPLETED>VERIFIED', 'DRAFT>CANCELLED',
            'DRAFT>ENTERED_IN_ERROR', 'DRAFT>SIGNED', 'ON_HOLD>CANCELLED', 'ON_HOLD>ENTERED_IN_ERROR',
            'ON_HOLD>EXPIRED', 'ON_HOLD>PARTIALLY_DISPENSED', 'ON_HOLD>SIGNED', 'ON_HOLD>STOPPED',
            'ON_HOLD>VERIFIED', 'PARTIALLY_DISPENSED>COMPLETED', 'PARTIALLY_DISPENSED>ENTERED_IN_ERROR',
            'PARTIALLY_DISPENSED>EXPIRED', 'PARTIALLY_DISPENSED>ON_HOLD', 'PARTIALLY_DISPENSED>STOPPED',
            'PARTIALLY_DISPENSED>VERIFIED', 'SIGNED>CANCELLED', 'SIGNED>ENTERED_IN_ERROR', 'SIGNED>EXPIRED',
            'SIGNED>ON_HOLD', 'SIGNED>STOPPED', 'SIGNED>VERIFIED', 'VERIFIED>CANCELLED',
            'VERIFIED>COMPLETED', 'VERIFIED>ENTERED_IN_ERROR', 'VERIFIED>EXPIRED', 'VERIFIED>ON_HOLD',
            'VERIFIED>PARTIALLY_DISPENSED', 'VERIFIED>STOPPED'
        )
    """)
    op.execute("""
        CREATE FUNCTION keep_what_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status = 'ON_HOLD' AND NEW.status IN ('SIGNED', 'VERIFIED', 'PARTIALLY_DISPENSED')
               AND NEW.status <> OLD.held_status THEN
                RAISE EXCEPTION 'a prescription goes on where it was held' USING ERRCODE = 'check_violation';
            END IF;
            IF OLD.signed_at IS NOT NULL
               AND (NEW.medication_id, NEW.quantity, NEW.refills, NEW.signed_at, NEW.signed_by, NEW.practitioner_id)
                   IS DISTINCT FROM
                   (OLD.medication_id, OLD.quantity, OLD.refills, OLD.signed_at, OLD.signed_by, OLD.practitioner_id) THEN
                RAISE EXCEPTION 'what was signed does not change' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER prescription_signed BEFORE UPDATE ON prescription
        FOR EACH ROW EXECUTE FUNCTION keep_what_was_signed()
    """)


def downgrade() -> None:
    op.drop_index("prescription_change_prescription_idx", table_name="prescription_change")
    op.drop_table("prescription_change")
    op.drop_index("prescription_valid_until_idx", table_name="prescription")
    op.drop_index("prescription_practitioner_idx", table_name="prescription")
    op.drop_index("prescription_patient_idx", table_name="prescription")
    op.drop_index(op.f("prescription_medication_id_idx"), table_name="prescription")
    op.drop_index("prescription_location_idx", table_name="prescription")
    op.drop_index("prescription_code_key", table_name="prescription")
    op.drop_table("prescription")
    op.execute("DROP FUNCTION refuse_other_changes_of_status(), keep_what_was_signed()")
    op.drop_table("patient")
    op.drop_table("location")
