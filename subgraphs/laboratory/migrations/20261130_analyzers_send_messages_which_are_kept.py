"""Analyzers send messages, which are kept."""

import sqlalchemy as sa
from alembic import op

revision = "laboratory_0002"
down_revision = "laboratory_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analyzer",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("application", sa.String(), nullable=True),
        sa.Column("facility", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(application IS NULL) = (facility IS NULL)", name=op.f("analyzer_sender_check")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("analyzer_laboratory_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("analyzer_pkey")),
    )
    op.create_index("analyzer_laboratory_idx", "analyzer", ["laboratory_id", "name", "id"], unique=False)
    op.create_index(
        "analyzer_sender_key", "analyzer", ["application", "facility"], unique=True, postgresql_where=sa.text("active")
    )
    op.create_table(
        "analyzer_code",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analyzer_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["analyzer_id"], ["analyzer.id"], name=op.f("analyzer_code_analyzer_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("analyzer_code_lab_test_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("analyzer_code_pkey")),
        sa.UniqueConstraint("analyzer_id", "system", "code", name=op.f("analyzer_code_analyzer_id_system_code_key")),
    )
    op.create_index(op.f("analyzer_code_lab_test_id_idx"), "analyzer_code", ["lab_test_id"], unique=False)
    op.create_table(
        "inbound_message",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analyzer_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("control_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("discard_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status = 'DISCARDED') = (discard_reason IS NOT NULL)", name=op.f("inbound_message_discarded_check")
        ),
        sa.CheckConstraint("(status = 'PARKED') <= (cause IS NOT NULL)", name=op.f("inbound_message_cause_check")),
        sa.CheckConstraint(
            "status IN ('RECEIVED', 'APPLIED', 'PARKED', 'REPAIRED', 'DISCARDED')",
            name=op.f("inbound_message_status_check"),
        ),
        sa.ForeignKeyConstraint(["analyzer_id"], ["analyzer.id"], name=op.f("inbound_message_analyzer_id_fkey")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("inbound_message_laboratory_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbound_message_pkey")),
        sa.UniqueConstraint("analyzer_id", "control_id", name=op.f("inbound_message_analyzer_id_control_id_key")),
    )
    op.create_index("inbound_message_laboratory_idx", "inbound_message", ["laboratory_id", "id"], unique=False)
    op.create_index(
        "inbound_message_parked_idx",
        "inbound_message",
        ["laboratory_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'PARKED'"),
    )
    op.create_index("inbound_message_patient_idx", "inbound_message", ["patient_id"], unique=False)
    op.create_table(
        "inbound_result",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inbound_message_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("analysis_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'APPLIED') <= (analysis_id IS NOT NULL)", name=op.f("inbound_result_applied_check")
        ),
        sa.CheckConstraint("(status = 'APPLIED') = (cause IS NULL)", name=op.f("inbound_result_cause_check")),
        sa.CheckConstraint("status IN ('APPLIED', 'PARKED', 'KEPT')", name=op.f("inbound_result_status_check")),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("inbound_result_analysis_id_fkey")),
        sa.ForeignKeyConstraint(
            ["inbound_message_id"], ["inbound_message.id"], name=op.f("inbound_result_inbound_message_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inbound_result_pkey")),
        sa.UniqueConstraint(
            "inbound_message_id", "position", name=op.f("inbound_result_inbound_message_id_position_key")
        ),
    )
    op.create_index("inbound_result_analysis_idx", "inbound_result", ["analysis_id", "id"], unique=False)
    op.create_index("inbound_result_patient_idx", "inbound_result", ["patient_id"], unique=False)

    op.execute("""
        CREATE FUNCTION inbound_message_transition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN
                (('RECEIVED', 'APPLIED'), ('RECEIVED', 'PARKED'), ('PARKED', 'REPAIRED'), ('PARKED', 'DISCARDED'))
            THEN
                RAISE EXCEPTION '% does not lead to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER inbound_message_transition BEFORE UPDATE ON inbound_message FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION inbound_message_transition()
    """)
    op.execute("""
        CREATE FUNCTION keep_inbound_message() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a message stays as it came' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER inbound_message_keep BEFORE UPDATE ON inbound_message FOR EACH ROW
        WHEN ((OLD.analyzer_id, OLD.laboratory_id, OLD.control_id, OLD.digest, OLD.received_at) IS DISTINCT FROM
            (NEW.analyzer_id, NEW.laboratory_id, NEW.control_id, NEW.digest, NEW.received_at))
        EXECUTE FUNCTION keep_inbound_message()
    """)
    op.execute("""
        CREATE TRIGGER inbound_message_keep_row BEFORE DELETE ON inbound_message FOR EACH ROW
        EXECUTE FUNCTION keep_inbound_message()
    """)
    op.execute("""
        CREATE TRIGGER inbound_message_keep_truncate BEFORE TRUNCATE ON inbound_message FOR EACH STATEMENT
        EXECUTE FUNCTION keep_inbound_message()
    """)


def downgrade() -> None:
    op.drop_index("inbound_result_patient_idx", table_name="inbound_result")
    op.drop_index("inbound_result_analysis_idx", table_name="inbound_result")
    op.drop_table("inbound_result")
    op.drop_index("inbound_message_patient_idx", table_name="inbound_message")
    op.drop_index(
        "inbound_message_parked_idx", table_name="inbound_message", postgresql_where=sa.text("status = 'PARKED'")
    )
    op.drop_index("inbound_message_laboratory_idx", table_name="inbound_message")
    op.drop_table("inbound_message")
    op.drop_index(op.f("analyzer_code_lab_test_id_idx"), table_name="analyzer_code")
    op.drop_table("analyzer_code")
    op.drop_index("analyzer_sender_key", table_name="analyzer", postgresql_where=sa.text("active"))
    op.drop_index("analyzer_laboratory_idx", table_name="analyzer")
    op.drop_table("analyzer")
    for function in ("inbound_message_transition", "keep_inbound_message"):
        op.execute(f"DROP FUNCTION {function}()")
