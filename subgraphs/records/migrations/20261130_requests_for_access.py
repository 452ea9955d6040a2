"""Requests for access."""

import sqlalchemy as sa
from alembic import op

revision = "records_0002"
down_revision = "records_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_access_request",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("sections", sa.ARRAY(sa.String()), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.LargeBinary(), nullable=True),
        sa.Column("granted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('TREAT', 'ETREAT', 'CAREMGT', 'COC', 'PATRQT', 'FAMRQT', 'PUBHLTH', 'HRESCH', 'HQUALIMP', 'HLEGAL')",
            name=op.f("record_access_request_purpose_check"),
        ),
        sa.CheckConstraint(
            "status <> 'GRANTED' OR granted_until IS NOT NULL", name=op.f("record_access_request_granted_until_check")
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'GRANTED', 'REFUSED', 'EXPIRED', 'WITHDRAWN')",
            name=op.f("record_access_request_status_check"),
        ),
        sa.CheckConstraint("days BETWEEN 1 AND 365", name=op.f("record_access_request_days_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("record_access_request_pkey")),
    )
    op.create_index("record_access_request_account_idx", "record_access_request", ["account_id", "id"], unique=False)
    op.create_index(
        "record_access_request_answer_by_idx",
        "record_access_request",
        ["answer_by"],
        unique=False,
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    op.create_index(
        "record_access_request_granted_until_idx",
        "record_access_request",
        ["granted_until"],
        unique=False,
        postgresql_where=sa.text("status = 'GRANTED'"),
    )
    op.create_index("record_access_request_patient_idx", "record_access_request", ["patient_id", "id"], unique=False)
    # A trigger's arguments are the changes of `status` that it lets pass, `from>to`; that of a new row is `>to`.
    op.execute("""
        CREATE FUNCTION refuse_other_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
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
        CREATE TRIGGER record_access_request_transitions BEFORE INSERT OR UPDATE ON record_access_request
        FOR EACH ROW EXECUTE FUNCTION refuse_other_transitions(
            '>PENDING', 'PENDING>GRANTED', 'PENDING>REFUSED', 'PENDING>EXPIRED', 'PENDING>WITHDRAWN',
            'GRANTED>EXPIRED', 'GRANTED>WITHDRAWN'
        )
    """)


def downgrade() -> None:
    op.drop_index("record_access_request_patient_idx", table_name="record_access_request")
    op.drop_index(
        "record_access_request_granted_until_idx",
        table_name="record_access_request",
        postgresql_where=sa.text("status = 'GRANTED'"),
    )
    op.drop_index(
        "record_access_request_answer_by_idx",
        table_name="record_access_request",
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    op.drop_index("record_access_request_account_idx", table_name="record_access_request")
    op.drop_table("record_access_request")
    op.execute("DROP FUNCTION refuse_other_transitions()")
