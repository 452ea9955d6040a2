"""Results are entered, verified, released and corrected."""

import sqlalchemy as sa
from alembic import op

revision = "laboratory_0003"
down_revision = "laboratory_0002"
branch_labels = None
depends_on = None

# Of which state of a table's rows each one may lead to which.
_TRANSITIONS = {
    "lab_report": "('PARTIAL', 'FINAL'), ('PARTIAL', 'CORRECTED'), ('FINAL', 'CORRECTED')",
    "critical_notice": "('OPEN', 'ESCALATED'), ('OPEN', 'ACKNOWLEDGED'), ('ESCALATED', 'ACKNOWLEDGED')",
}


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
    )
    op.create_table(
        "on_call",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("on_call_laboratory_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("on_call_pkey")),
        sa.UniqueConstraint("laboratory_id", "account_id", name=op.f("on_call_laboratory_id_account_id_key")),
        sa.UniqueConstraint("laboratory_id", "position", name=op.f("on_call_laboratory_id_position_key")),
    )
    op.create_table(
        "lab_report",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lab_order_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('PARTIAL', 'FINAL', 'CORRECTED')", name=op.f("lab_report_status_check")),
        sa.ForeignKeyConstraint(["lab_order_id"], ["lab_order.id"], name=op.f("lab_report_lab_order_id_fkey")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("lab_report_laboratory_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_report_pkey")),
        sa.UniqueConstraint("lab_order_id", name=op.f("lab_report_lab_order_id_key")),
    )
    op.create_index("lab_report_patient_idx", "lab_report", ["patient_id", "released_at", "id"], unique=False)
    op.create_table(
        "lab_result",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("lab_order_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("auto_verified", sa.Boolean(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visible_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(released_at IS NULL) = (visible_at IS NULL)", name=op.f("lab_result_visible_check")),
        sa.CheckConstraint(
            "collected_at <= entered_at AND entered_at <= verified_at AND verified_at <= released_at AND released_at <= visible_at",
            name=op.f("lab_result_times_check"),
        ),
        sa.CheckConstraint("released_at IS NULL OR verified_at IS NOT NULL", name=op.f("lab_result_released_check")),
        sa.CheckConstraint(
            "verified_at IS NULL OR verified_by IS NOT NULL OR auto_verified", name=op.f("lab_result_verified_check")
        ),
        sa.CheckConstraint("verified_by <> entered_by", name=op.f("lab_result_verifier_check")),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("lab_result_analysis_id_fkey")),
        sa.ForeignKeyConstraint(["lab_order_id"], ["lab_order.id"], name=op.f("lab_result_lab_order_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("lab_result_lab_test_id_fkey")),
        sa.ForeignKeyConstraint(["replaces_id"], ["lab_result.id"], name=op.f("lab_result_replaces_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_result_pkey")),
        sa.UniqueConstraint("analysis_id", "number", name=op.f("lab_result_analysis_id_number_key")),
    )
    op.create_index("lab_result_order_idx", "lab_result", ["lab_order_id", "id"], unique=False)
    op.create_index(
        "lab_result_trend_idx", "lab_result", ["patient_id", "lab_test_id", "collected_at", "id"], unique=False
    )
    op.create_table(
        "critical_notice",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lab_result_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("lab_order_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status = 'ACKNOWLEDGED') = (acknowledged_by IS NOT NULL)", name=op.f("critical_notice_acknowledged_check")
        ),
        sa.CheckConstraint("status <> 'ACKNOWLEDGED' OR next_at IS NULL", name=op.f("critical_notice_next_check")),
        sa.CheckConstraint(
            "status IN ('OPEN', 'ESCALATED', 'ACKNOWLEDGED')", name=op.f("critical_notice_status_check")
        ),
        sa.CheckConstraint("(acknowledged_by IS NULL) = (facts IS NULL)", name=op.f("critical_notice_read_back_check")),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("critical_notice_analysis_id_fkey")),
        sa.ForeignKeyConstraint(["lab_order_id"], ["lab_order.id"], name=op.f("critical_notice_lab_order_id_fkey")),
        sa.ForeignKeyConstraint(["lab_result_id"], ["lab_result.id"], name=op.f("critical_notice_lab_result_id_fkey")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("critical_notice_laboratory_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("critical_notice_pkey")),
        sa.UniqueConstraint("lab_result_id", name=op.f("critical_notice_lab_result_id_key")),
    )
    op.create_index(
        "critical_notice_next_idx",
        "critical_notice",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("critical_notice_order_idx", "critical_notice", ["lab_order_id"], unique=False)
    op.create_index("critical_notice_patient_idx", "critical_notice", ["patient_id", "id"], unique=False)
    op.create_table(
        "critical_attempt",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("critical_notice_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(
            ["critical_notice_id"], ["critical_notice.id"], name=op.f("critical_attempt_critical_notice_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("critical_attempt_pkey")),
        sa.UniqueConstraint("critical_notice_id", "level", name=op.f("critical_attempt_critical_notice_id_level_key")),
    )
    op.add_column("analysis", sa.Column("shown_number", sa.Integer(), nullable=True))
    op.execute("UPDATE analysis SET shown_number = 0")
    op.alter_column("analysis", "shown_number", nullable=False)
    op.add_column("analysis", sa.Column("visible_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("analysis", sa.Column("retraction", sa.LargeBinary(), nullable=True))
    _keep_states()
    _keep_patients()
    _keep_results()


def _keep_states() -> None:
    """A row's status changes in no other way than the use cases know."""
    for table, pairs in _TRANSITIONS.items():
        op.execute(f"""
            CREATE FUNCTION {table}_transition() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
                    RAISE EXCEPTION '% does not lead to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END $$
        """)
        op.execute(f"""
            CREATE TRIGGER {table}_transition BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION {table}_transition()
        """)


def _keep_patients() -> None:
    """Whose a result and what follows from it is stays, but for a patient who turns out to be another one."""
    for table in ("lab_result", "lab_report", "critical_notice", "critical_attempt"):
        op.execute(f"""
            CREATE TRIGGER {table}_keep_patient BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.patient_id IS DISTINCT FROM NEW.patient_id) EXECUTE FUNCTION keep_patient()
        """)
    for table in ("lab_result", "lab_report", "critical_notice"):
        op.execute(f"""
            CREATE TRIGGER {table}_order BEFORE INSERT OR UPDATE OF lab_order_id ON {table}
            FOR EACH ROW EXECUTE FUNCTION of_one_order()
        """)


def _keep_results() -> None:
    """What a result says stays; of a released one, all does. Who was told of a critical one stays, too."""
    free = "updated_at,version,patient_id"
    pending = f"{free},verified_by,verified_at,auto_verified,released_at,visible_at"
    for name, when, may_change in (
        ("pending", "OLD.released_at IS NULL", pending),
        ("released", "OLD.released_at IS NOT NULL", free),
    ):
        op.execute(f"""
            CREATE TRIGGER lab_result_keep_{name} BEFORE UPDATE ON lab_result FOR EACH ROW WHEN ({when})
            EXECUTE FUNCTION keep_row('{{{may_change}}}', '{{facts}}')
        """)
    op.execute(f"""
        CREATE TRIGGER critical_attempt_keep BEFORE UPDATE ON critical_attempt FOR EACH ROW
        EXECUTE FUNCTION keep_row('{{{free}}}', '{{}}')
    """)
    for table in ("lab_result", "critical_attempt"):
        op.execute(f"""
            CREATE TRIGGER {table}_keep_row BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_row()
        """)
        op.execute(f"""
            CREATE TRIGGER {table}_keep_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION keep_row()
        """)


def downgrade() -> None:
    op.drop_column("analysis", "retraction")
    op.drop_column("analysis", "visible_at")
    op.drop_column("analysis", "shown_number")
    op.drop_table("critical_attempt")
    op.drop_index("critical_notice_patient_idx", table_name="critical_notice")
    op.drop_index("critical_notice_order_idx", table_name="critical_notice")
    op.drop_index(
        "critical_notice_next_idx", table_name="critical_notice", postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.drop_table("critical_notice")
    op.drop_index("lab_result_trend_idx", table_name="lab_result")
    op.drop_index("lab_result_order_idx", table_name="lab_result")
    op.drop_table("lab_result")
    op.drop_index("lab_report_patient_idx", table_name="lab_report")
    op.drop_table("lab_report")
    op.drop_table("on_call")
    op.drop_table("account")
    for table in _TRANSITIONS:
        op.execute(f"DROP FUNCTION {table}_transition()")
