"""The medical record has documents."""

import sqlalchemy as sa
from alembic import op

revision = "records_0008"
down_revision = "records_0007"
branch_labels = None
depends_on = None

_TRANSITIONS = (
    "('PENDING', 'UPLOADED'), ('PENDING', 'AVAILABLE'), ('PENDING', 'QUARANTINED'), ('PENDING', 'REJECTED'),"
    "('UPLOADED', 'AVAILABLE'), ('UPLOADED', 'QUARANTINED'), ('UPLOADED', 'REJECTED'),"
    "('PENDING', 'ENTERED_IN_ERROR'), ('UPLOADED', 'ENTERED_IN_ERROR'), ('AVAILABLE', 'ENTERED_IN_ERROR'),"
    "('QUARANTINED', 'ENTERED_IN_ERROR'), ('REJECTED', 'ENTERED_IN_ERROR')"
)


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("encounter_id", sa.Uuid(), nullable=True),
        sa.Column("recorder_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("retraction", sa.LargeBinary(), nullable=True),
        sa.Column("source_digest", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scan_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scan_attempts", sa.Integer(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(scan_at IS NOT NULL) = (status = 'UPLOADED')", name=op.f("document_scan_check")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'UPLOADED', 'AVAILABLE', 'QUARANTINED', 'REJECTED', 'ENTERED_IN_ERROR')",
            name=op.f("document_status_check"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('UPLOADED', 'AVAILABLE') OR uploaded_at IS NOT NULL", name=op.f("document_uploaded_check")
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("document_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("document_pkey")),
    )
    op.create_index("document_encounter_idx", "document", ["encounter_id"], unique=False)
    op.create_index("document_patient_idx", "document", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_index(
        "document_scan_idx", "document", ["scan_at"], unique=False, postgresql_where=sa.text("status = 'UPLOADED'")
    )
    op.create_table(
        "document_content",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("document_content_document_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("document_content_pkey")),
        sa.UniqueConstraint("document_id", "number", name=op.f("document_content_document_id_number_key")),
    )
    _keep_states()
    _keep_contents()
    op.execute("""
        CREATE TRIGGER document_encounter BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION encounter_is_open()
    """)
    op.execute("""
        CREATE TRIGGER document_encounter_moved BEFORE UPDATE ON document FOR EACH ROW
        WHEN (OLD.encounter_id IS DISTINCT FROM NEW.encounter_id) EXECUTE FUNCTION encounter_is_open()
    """)


def _keep_states() -> None:
    """A row goes from one state to another only where that is foreseen; another system may take back that it was a mistake."""
    op.execute(f"""
        CREATE FUNCTION document_transition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({_TRANSITIONS})
                AND NOT (OLD.status = 'ENTERED_IN_ERROR' AND OLD.account_id IS NULL) THEN
                RAISE EXCEPTION '% does not lead to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER document_transition BEFORE UPDATE ON document FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION document_transition()
    """)


def _keep_contents() -> None:
    """What has come stays as it is, as what is signed does."""
    for event in ("UPDATE", "DELETE"):
        op.execute(f"""
            CREATE TRIGGER document_content_keep_{event.lower()} BEFORE {event} ON document_content FOR EACH ROW
            EXECUTE FUNCTION keep_signed('{{updated_at,patient_id}}', '{{content}}')
        """)
    op.execute("""
        CREATE TRIGGER document_content_keep_truncate BEFORE TRUNCATE ON document_content FOR EACH STATEMENT
        EXECUTE FUNCTION keep_signed()
    """)


def downgrade() -> None:
    op.drop_table("document_content")
    op.drop_index("document_scan_idx", table_name="document", postgresql_where=sa.text("status = 'UPLOADED'"))
    op.drop_index("document_patient_idx", table_name="document")
    op.drop_index("document_encounter_idx", table_name="document")
    op.drop_table("document")
    op.execute("DROP FUNCTION document_transition()")
