"""The laboratory's catalogue, orders and specimens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "laboratory_0001"
down_revision = None
branch_labels = ("laboratory",)
depends_on = None

# Of which state of a table's rows each one may lead to which.
_TRANSITIONS = {
    "lab_order": """
        DRAFT: ORDERED CANCELLED
        ORDERED: CANCELLED REJECTED IN_PROGRESS
        IN_PROGRESS: CANCELLED REJECTED COMPLETED
    """,
    "specimen": """
        PLANNED: COLLECTED DISPOSED
        COLLECTED: IN_TRANSIT RECEIVED REJECTED
        IN_TRANSIT: RECEIVED REJECTED
        RECEIVED: ALIQUOTED DISPOSED REJECTED
        ALIQUOTED: DISPOSED REJECTED
    """,
    "analysis": """
        PENDING: IN_ANALYSIS RESULTED CANCELLED
        IN_ANALYSIS: RESULTED PENDING CANCELLED
        REPEAT: RESULTED PENDING
        RESULTED: REPEAT VERIFIED PENDING
        VERIFIED: REPEAT RELEASED PENDING
        RELEASED: CORRECTED ENTERED_IN_ERROR
        CORRECTED: ENTERED_IN_ERROR
    """,
}


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("CREATE SEQUENCE lab_number")
    op.create_table(
        "lab_panel",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("loinc", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_panel_pkey")),
    )
    op.create_index(op.f("lab_panel_name_idx"), "lab_panel", ["name"], unique=False)
    op.create_table(
        "lab_test",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("loinc", sa.String(), nullable=False),
        sa.Column("loinc_name", sa.String(), nullable=False),
        sa.Column("specimen_type", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=True),
        sa.Column("volume_ml", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("value_type", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("detection_limit", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("quantification_limit", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("turnaround_minutes", sa.Integer(), nullable=False),
        sa.Column("preparation", sa.String(), nullable=True),
        sa.Column("auto_verify", sa.Boolean(), nullable=False),
        sa.Column("codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("delta_days", sa.Integer(), nullable=True),
        sa.Column("delta_absolute", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("delta_percent", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("delta_per_day", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("charge_code", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(value_type = 'NUMERIC') = (unit IS NOT NULL)", name=op.f("lab_test_unit_check")),
        sa.CheckConstraint(
            "specimen_type IN ('BLD', 'SER', 'PLAS', 'UR', 'STL', 'CSF', 'SPT', 'SAL', 'SYN', 'TISS')",
            name=op.f("lab_test_specimen_type_check"),
        ),
        sa.CheckConstraint("value_type IN ('NUMERIC', 'CODED', 'TEXT')", name=op.f("lab_test_value_type_check")),
        sa.CheckConstraint("decimals BETWEEN 0 AND 6", name=op.f("lab_test_decimals_check")),
        sa.CheckConstraint("delay_days BETWEEN 0 AND 30", name=op.f("lab_test_delay_check")),
        sa.CheckConstraint("turnaround_minutes BETWEEN 1 AND 129600", name=op.f("lab_test_turnaround_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_test_pkey")),
    )
    op.create_index("lab_test_loinc_key", "lab_test", ["loinc"], unique=True, postgresql_where=sa.text("active"))
    op.create_index(op.f("lab_test_name_idx"), "lab_test", ["name"], unique=False)
    op.create_table(
        "location",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("location_pkey")),
    )
    op.create_table(
        "lab_order",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(status = 'DRAFT') = (ordered_at IS NULL)", name=op.f("lab_order_ordered_check")),
        sa.CheckConstraint(
            "(status IN ('COMPLETED', 'CANCELLED', 'REJECTED')) = (ended_at IS NOT NULL)",
            name=op.f("lab_order_ended_check"),
        ),
        sa.CheckConstraint("priority IN ('STAT', 'URGENT', 'ROUTINE')", name=op.f("lab_order_priority_check")),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'ORDERED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'REJECTED')",
            name=op.f("lab_order_status_check"),
        ),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("lab_order_laboratory_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_order_pkey")),
        sa.UniqueConstraint("number", name=op.f("lab_order_number_key")),
    )
    op.create_index("lab_order_laboratory_idx", "lab_order", ["laboratory_id", "id"], unique=False)
    op.create_index("lab_order_patient_idx", "lab_order", ["patient_id", "id"], unique=False)
    op.create_index("lab_order_practitioner_idx", "lab_order", ["practitioner_id", "id"], unique=False)
    op.create_table(
        "panel_test",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lab_panel_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lab_panel_id"], ["lab_panel.id"], name=op.f("panel_test_lab_panel_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("panel_test_lab_test_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("panel_test_pkey")),
        sa.UniqueConstraint("lab_panel_id", "lab_test_id", name=op.f("panel_test_lab_panel_id_lab_test_id_key")),
    )
    op.create_index(op.f("panel_test_lab_panel_id_idx"), "panel_test", ["lab_panel_id"], unique=False)
    op.create_index(op.f("panel_test_lab_test_id_idx"), "panel_test", ["lab_test_id"], unique=False)
    op.create_table(
        "reference_range",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("sex", sa.String(), nullable=True),
        sa.Column("pregnant", sa.Boolean(), nullable=True),
        sa.Column("age_from_days", sa.Integer(), nullable=False),
        sa.Column("age_to_days", sa.Integer(), nullable=True),
        sa.Column("plausible_low", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("critical_low", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("normal_low", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("normal_high", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("critical_high", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("plausible_high", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("lab_test_id"), "="),
            (sa.text("coalesce(sex, '')"), "="),
            (sa.text("coalesce(CAST(pregnant AS integer), -1)"), "="),
            (sa.text("int4range(age_from_days, age_to_days)"), "&&"),
            where=sa.text("replaced_at IS NULL"),
            using="gist",
            name="reference_range_overlap",
        ),
        sa.CheckConstraint("sex IN ('male', 'female', 'other', 'unknown')", name=op.f("reference_range_sex_check")),
        sa.CheckConstraint(
            "age_from_days >= 0 AND age_to_days > age_from_days", name=op.f("reference_range_ages_check")
        ),
        sa.CheckConstraint(
            "num_nonnulls(plausible_low, critical_low, normal_low, normal_high, critical_high, plausible_high) > 0",
            name=op.f("reference_range_some_check"),
        ),
        sa.CheckConstraint(
            "plausible_low <= critical_low AND plausible_low <= normal_low AND plausible_low <= normal_high AND plausible_low <= critical_high AND plausible_low <= plausible_high AND critical_low <= normal_low AND critical_low <= normal_high AND critical_low <= critical_high AND critical_low <= plausible_high AND normal_low <= normal_high AND normal_low <= critical_high AND normal_low <= plausible_high AND normal_high <= critical_high AND normal_high <= plausible_high AND critical_high <= plausible_high",
            name=op.f("reference_range_limits_check"),
        ),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("reference_range_lab_test_id_fkey")),
        sa.ForeignKeyConstraint(["replaces_id"], ["reference_range.id"], name=op.f("reference_range_replaces_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reference_range_pkey")),
        sa.UniqueConstraint("replaces_id", name=op.f("reference_range_replaces_id_key")),
    )
    op.create_index("reference_range_test_idx", "reference_range", ["lab_test_id", "id"], unique=False)
    op.create_table(
        "reflex_rule",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("added_test_id", sa.Uuid(), nullable=False),
        sa.Column("flags", sa.ARRAY(sa.String()), nullable=True),
        sa.Column("comparator", sa.String(), nullable=True),
        sa.Column("threshold", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("comparator IN ('<', '<=', '>=', '>')", name=op.f("reflex_rule_comparator_check")),
        sa.CheckConstraint("(comparator IS NULL) = (threshold IS NULL)", name=op.f("reflex_rule_threshold_check")),
        sa.CheckConstraint("lab_test_id <> added_test_id", name=op.f("reflex_rule_other_check")),
        sa.CheckConstraint("num_nonnulls(flags, comparator, code) = 1", name=op.f("reflex_rule_condition_check")),
        sa.ForeignKeyConstraint(["added_test_id"], ["lab_test.id"], name=op.f("reflex_rule_added_test_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("reflex_rule_lab_test_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("reflex_rule_pkey")),
    )
    op.create_index(op.f("reflex_rule_added_test_id_idx"), "reflex_rule", ["added_test_id"], unique=False)
    op.create_index(op.f("reflex_rule_lab_test_id_idx"), "reflex_rule", ["lab_test_id"], unique=False)
    op.create_table(
        "specimen",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("barcode", sa.String(), nullable=False),
        sa.Column("lab_order_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collector_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receiver_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(status = 'PLANNED') <= (collected_at IS NULL)", name=op.f("specimen_planned_check")),
        sa.CheckConstraint("collected_at <= updated_at + interval '5 minutes'", name=op.f("specimen_collection_check")),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'COLLECTED', 'IN_TRANSIT', 'RECEIVED', 'ALIQUOTED', 'DISPOSED', 'REJECTED')",
            name=op.f("specimen_status_check"),
        ),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'DISPOSED', 'REJECTED') OR collected_at IS NOT NULL",
            name=op.f("specimen_collected_check"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('RECEIVED', 'ALIQUOTED') OR received_at IS NOT NULL", name=op.f("specimen_received_check")
        ),
        sa.CheckConstraint(
            "type IN ('BLD', 'SER', 'PLAS', 'UR', 'STL', 'CSF', 'SPT', 'SAL', 'SYN', 'TISS')",
            name=op.f("specimen_type_check"),
        ),
        sa.CheckConstraint("collected_at <= received_at", name=op.f("specimen_times_check")),
        sa.ForeignKeyConstraint(["lab_order_id"], ["lab_order.id"], name=op.f("specimen_lab_order_id_fkey")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("specimen_laboratory_id_fkey")),
        sa.ForeignKeyConstraint(["parent_id"], ["specimen.id"], name=op.f("specimen_parent_id_fkey")),
        sa.ForeignKeyConstraint(["replaces_id"], ["specimen.id"], name=op.f("specimen_replaces_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("specimen_pkey")),
        sa.UniqueConstraint("barcode", name=op.f("specimen_barcode_key")),
        sa.UniqueConstraint("replaces_id", name=op.f("specimen_replaces_id_key")),
    )
    op.create_index("specimen_order_idx", "specimen", ["lab_order_id", "id"], unique=False)
    op.create_index(op.f("specimen_parent_id_idx"), "specimen", ["parent_id"], unique=False)
    op.create_index("specimen_patient_idx", "specimen", ["patient_id", "id"], unique=False)
    op.create_table(
        "analysis",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lab_order_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("laboratory_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("specimen_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("result_number", sa.Integer(), nullable=False),
        sa.Column("reflex_of_id", sa.Uuid(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resulted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('RELEASED', 'CORRECTED', 'ENTERED_IN_ERROR')) = (released_at IS NOT NULL)",
            name=op.f("analysis_released_check"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'IN_ANALYSIS', 'RESULTED', 'REPEAT', 'VERIFIED', 'RELEASED', 'CORRECTED', 'CANCELLED', 'ENTERED_IN_ERROR')",
            name=op.f("analysis_status_check"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('RESULTED', 'VERIFIED', 'RELEASED', 'CORRECTED', 'ENTERED_IN_ERROR') OR (result_number > 0 AND num_nulls(collected_at, received_at, resulted_at) = 0)",
            name=op.f("analysis_resulted_check"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('VERIFIED', 'RELEASED', 'CORRECTED', 'ENTERED_IN_ERROR') OR verified_at IS NOT NULL",
            name=op.f("analysis_verified_check"),
        ),
        sa.CheckConstraint(
            "collected_at <= received_at AND received_at <= resulted_at AND resulted_at <= verified_at AND verified_at <= released_at",
            name=op.f("analysis_times_check"),
        ),
        sa.ForeignKeyConstraint(["lab_order_id"], ["lab_order.id"], name=op.f("analysis_lab_order_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("analysis_lab_test_id_fkey")),
        sa.ForeignKeyConstraint(["laboratory_id"], ["location.id"], name=op.f("analysis_laboratory_id_fkey")),
        sa.ForeignKeyConstraint(["reflex_of_id"], ["analysis.id"], name=op.f("analysis_reflex_of_id_fkey")),
        sa.ForeignKeyConstraint(["specimen_id"], ["specimen.id"], name=op.f("analysis_specimen_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("analysis_pkey")),
    )
    op.create_index(op.f("analysis_lab_test_id_idx"), "analysis", ["lab_test_id"], unique=False)
    op.create_index("analysis_order_idx", "analysis", ["lab_order_id", "id"], unique=False)
    op.create_index("analysis_patient_idx", "analysis", ["patient_id", "lab_test_id", "id"], unique=False)
    op.create_index(op.f("analysis_reflex_of_id_idx"), "analysis", ["reflex_of_id"], unique=False)
    op.create_index("analysis_specimen_idx", "analysis", ["specimen_id"], unique=False)
    op.create_index(
        "analysis_worklist_idx",
        "analysis",
        ["laboratory_id", "rank", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('PENDING', 'IN_ANALYSIS', 'RESULTED', 'REPEAT', 'VERIFIED')"),
    )
    op.create_table(
        "hand_over",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("specimen_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("hand_over_location_id_fkey")),
        sa.ForeignKeyConstraint(["specimen_id"], ["specimen.id"], name=op.f("hand_over_specimen_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("hand_over_pkey")),
    )
    op.create_index("hand_over_specimen_idx", "hand_over", ["specimen_id", "at", "id"], unique=False)
    _keep_states()
    _keep_patients()
    _keep_rows()


def _keep_states() -> None:
    """A row's status changes in no other way than the use cases know."""
    for table, states in _TRANSITIONS.items():
        lines = [line.split(":") for line in states.split("\n") if ":" in line]
        pairs = ", ".join(f"('{before.strip()}', '{after}')" for before, rest in lines for after in rest.split())
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
    """Whose an order and all of it is stays, but for a patient who turns out to be another one; nothing moves between orders."""
    op.execute("""
        CREATE FUNCTION keep_patient() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM merger WHERE merged_id = OLD.patient_id AND survivor_id = NEW.patient_id) THEN
                RAISE EXCEPTION '% keeps its patient', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION of_one_order() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            row jsonb := to_jsonb(NEW);
            whose uuid;
            other uuid;
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.lab_order_id <> NEW.lab_order_id THEN
                RAISE EXCEPTION '% keeps its order', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            SELECT patient_id INTO whose FROM lab_order WHERE id = NEW.lab_order_id;
            IF TG_OP = 'INSERT' AND whose IS DISTINCT FROM NEW.patient_id THEN
                RAISE EXCEPTION 'the order is another patient''s' USING ERRCODE = 'restrict_violation';
            END IF;
            IF row ->> 'specimen_id' IS NOT NULL THEN
                SELECT lab_order_id INTO other FROM specimen WHERE id = (row ->> 'specimen_id')::uuid;
                IF other IS DISTINCT FROM NEW.lab_order_id THEN
                    RAISE EXCEPTION 'the specimen is of another order' USING ERRCODE = 'restrict_violation';
                END IF;
            END IF;
            RETURN NEW;
        END $$
    """)
    for table in ("lab_order", "specimen", "analysis", "hand_over"):
        op.execute(f"""
            CREATE TRIGGER {table}_keep_patient BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.patient_id IS DISTINCT FROM NEW.patient_id) EXECUTE FUNCTION keep_patient()
        """)
    op.execute("""
        CREATE TRIGGER specimen_order BEFORE INSERT OR UPDATE OF lab_order_id ON specimen
        FOR EACH ROW EXECUTE FUNCTION of_one_order()
    """)
    op.execute("""
        CREATE TRIGGER analysis_order BEFORE INSERT OR UPDATE OF lab_order_id, specimen_id ON analysis
        FOR EACH ROW EXECUTE FUNCTION of_one_order()
    """)


def _keep_rows() -> None:
    """What was said stays as it is, but for columns that it does not say anything in: those of the first argument.

    Those of the second may change when keys are rotated, which encrypts the same anew.
    """
    op.execute("""
        CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE free text[];
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                free := TG_ARGV[0]::text[];
                IF current_setting('caregraph.rotation', true) = 'on' THEN
                    free := free || TG_ARGV[1]::text[];
                END IF;
                IF to_jsonb(NEW) - free = to_jsonb(OLD) - free THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% keeps what was said', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table, free in (
        ("reference_range", "updated_at,version,replaced_at"),
        ("hand_over", "updated_at,version,patient_id"),
    ):
        op.execute(f"""
            CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW
            EXECUTE FUNCTION keep_row('{{{free}}}', '{{}}')
        """)
        op.execute(f"""
            CREATE TRIGGER {table}_keep_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION keep_row()
        """)


def downgrade() -> None:
    op.drop_index("hand_over_specimen_idx", table_name="hand_over")
    op.drop_table("hand_over")
    op.drop_index(
        "analysis_worklist_idx",
        table_name="analysis",
        postgresql_where=sa.text("status IN ('PENDING', 'IN_ANALYSIS', 'RESULTED', 'REPEAT', 'VERIFIED')"),
    )
    op.drop_index("analysis_specimen_idx", table_name="analysis")
    op.drop_index(op.f("analysis_reflex_of_id_idx"), table_name="analysis")
    op.drop_index("analysis_patient_idx", table_name="analysis")
    op.drop_index("analysis_order_idx", table_name="analysis")
    op.drop_index(op.f("analysis_lab_test_id_idx"), table_name="analysis")
    op.drop_table("analysis")
    op.drop_index("specimen_patient_idx", table_name="specimen")
    op.drop_index(op.f("specimen_parent_id_idx"), table_name="specimen")
    op.drop_index("specimen_order_idx", table_name="specimen")
    op.drop_table("specimen")
    op.drop_index(op.f("reflex_rule_lab_test_id_idx"), table_name="reflex_rule")
    op.drop_index(op.f("reflex_rule_added_test_id_idx"), table_name="reflex_rule")
    op.drop_table("reflex_rule")
    op.drop_index("reference_range_test_idx", table_name="reference_range")
    op.drop_table("reference_range")
    op.drop_index(op.f("panel_test_lab_test_id_idx"), table_name="panel_test")
    op.drop_index(op.f("panel_test_lab_panel_id_idx"), table_name="panel_test")
    op.drop_table("panel_test")
    op.drop_index("lab_order_practitioner_idx", table_name="lab_order")
    op.drop_index("lab_order_patient_idx", table_name="lab_order")
    op.drop_index("lab_order_laboratory_idx", table_name="lab_order")
    op.drop_table("lab_order")
    op.drop_table("location")
    op.drop_index(op.f("lab_test_name_idx"), table_name="lab_test")
    op.drop_index("lab_test_loinc_key", table_name="lab_test", postgresql_where=sa.text("active"))
    op.drop_table("lab_test")
    op.drop_index(op.f("lab_panel_name_idx"), table_name="lab_panel")
    op.drop_table("lab_panel")
    for function in (
        "lab_order_transition",
        "specimen_transition",
        "analysis_transition",
        "keep_patient",
        "of_one_order",
        "keep_row",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP SEQUENCE lab_number")
