"""Clinical entries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "records_0004"
down_revision = "records_0003"
branch_labels = None
depends_on = None

_ENTRIES = (
    "allergy",
    "care_plan",
    "care_team",
    "condition",
    "family_history",
    "immunization",
    "medication_statement",
    "note",
    "procedure",
    "social_history",
    "vital_signs",
)
# From and to, as `TRANSITIONS` in models/encounters.py has them.
_TRANSITIONS = """
    ('PLANNED', 'IN_PROGRESS'), ('PLANNED', 'CANCELLED'), ('IN_PROGRESS', 'ON_HOLD'), ('ON_HOLD', 'IN_PROGRESS'),
    ('IN_PROGRESS', 'FINISHED'), ('ON_HOLD', 'FINISHED'), ('PLANNED', 'ENTERED_IN_ERROR'),
    ('IN_PROGRESS', 'ENTERED_IN_ERROR'), ('ON_HOLD', 'ENTERED_IN_ERROR'), ('FINISHED', 'ENTERED_IN_ERROR'),
    ('CANCELLED', 'ENTERED_IN_ERROR')
"""
_NOTE_TRANSITIONS = """
    ('DRAFT', 'SIGNED'), ('DRAFT', 'ENTERED_IN_ERROR'), ('SIGNED', 'COSIGNED'), ('SIGNED', 'ENTERED_IN_ERROR'),
    ('COSIGNED', 'ENTERED_IN_ERROR')
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "encounter",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("retraction", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "locked_at IS NULL OR status IN ('FINISHED', 'CANCELLED', 'ENTERED_IN_ERROR')",
            name=op.f("encounter_locked_check"),
        ),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'IN_PROGRESS', 'ON_HOLD', 'FINISHED', 'CANCELLED', 'ENTERED_IN_ERROR')",
            name=op.f("encounter_status_check"),
        ),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("encounter_period_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("encounter_pkey")),
    )
    op.create_index("encounter_patient_idx", "encounter", ["patient_id", "starts_at", "id"], unique=False)
    op.create_index("encounter_practitioner_idx", "encounter", ["practitioner_id", "starts_at", "id"], unique=False)
    op.create_table(
        "allergy",
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
        sa.Column("clinical_status", sa.String(), nullable=True),
        sa.Column("none_known", sa.Boolean(), nullable=False),
        sa.Column("substance", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("patient_id"), "="),
            (sa.text("CAST(none_known AS integer)"), "<>"),
            where=sa.text("clinical_status = 'ACTIVE' AND status <> 'REFUTED'"),
            using="gist",
            name="allergy_none_known_excl",
        ),
        sa.CheckConstraint(
            "(clinical_status IS NULL) = (status = 'ENTERED_IN_ERROR')", name=op.f("allergy_clinical_check")
        ),
        sa.CheckConstraint(
            "clinical_status IN ('ACTIVE', 'INACTIVE', 'RESOLVED')", name=op.f("allergy_clinical_status_check")
        ),
        sa.CheckConstraint(
            "status IN ('UNCONFIRMED', 'CONFIRMED', 'REFUTED', 'ENTERED_IN_ERROR')", name=op.f("allergy_status_check")
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("allergy_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("allergy_pkey")),
    )
    op.create_index("allergy_encounter_idx", "allergy", ["encounter_id"], unique=False)
    op.create_index("allergy_patient_idx", "allergy", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_index(
        "allergy_substance_key",
        "allergy",
        ["substance"],
        unique=True,
        postgresql_where=sa.text("clinical_status = 'ACTIVE' AND status <> 'REFUTED'"),
    )
    op.create_table(
        "care_plan",
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
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'ON_HOLD', 'COMPLETED', 'REVOKED', 'ENTERED_IN_ERROR')",
            name=op.f("care_plan_status_check"),
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("care_plan_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("care_plan_pkey")),
    )
    op.create_index("care_plan_encounter_idx", "care_plan", ["encounter_id"], unique=False)
    op.create_index("care_plan_patient_idx", "care_plan", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "care_team",
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
        sa.Column("member_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("status IN ('ACTIVE', 'INACTIVE', 'ENTERED_IN_ERROR')", name=op.f("care_team_status_check")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("care_team_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("care_team_pkey")),
    )
    op.create_index("care_team_encounter_idx", "care_team", ["encounter_id"], unique=False)
    op.create_index("care_team_patient_idx", "care_team", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "condition",
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
        sa.Column("clinical_status", sa.String(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(clinical_status IS NULL) = (status = 'ENTERED_IN_ERROR')", name=op.f("condition_clinical_check")
        ),
        sa.CheckConstraint(
            "clinical_status IN ('ACTIVE', 'RECURRENCE', 'RELAPSE', 'INACTIVE', 'REMISSION', 'RESOLVED')",
            name=op.f("condition_clinical_status_check"),
        ),
        sa.CheckConstraint(
            "status IN ('UNCONFIRMED', 'PROVISIONAL', 'DIFFERENTIAL', 'CONFIRMED', 'REFUTED', 'ENTERED_IN_ERROR')",
            name=op.f("condition_status_check"),
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("condition_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("condition_pkey")),
    )
    op.create_index("condition_encounter_idx", "condition", ["encounter_id"], unique=False)
    op.create_index("condition_patient_idx", "condition", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "family_history",
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
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("status IN ('RECORDED', 'ENTERED_IN_ERROR')", name=op.f("family_history_status_check")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("family_history_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("family_history_pkey")),
    )
    op.create_index("family_history_encounter_idx", "family_history", ["encounter_id"], unique=False)
    op.create_index("family_history_patient_idx", "family_history", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "immunization",
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
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('COMPLETED', 'NOT_DONE', 'ENTERED_IN_ERROR')", name=op.f("immunization_status_check")
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("immunization_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("immunization_pkey")),
    )
    op.create_index("immunization_encounter_idx", "immunization", ["encounter_id"], unique=False)
    op.create_index("immunization_patient_idx", "immunization", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "medication_statement",
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
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'ON_HOLD', 'STOPPED', 'COMPLETED', 'NOT_TAKEN', 'ENTERED_IN_ERROR')",
            name=op.f("medication_statement_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["encounter.id"], name=op.f("medication_statement_encounter_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("medication_statement_pkey")),
    )
    op.create_index("medication_statement_encounter_idx", "medication_statement", ["encounter_id"], unique=False)
    op.create_index(
        "medication_statement_patient_idx", "medication_statement", ["patient_id", "recorded_at", "id"], unique=False
    )
    op.create_table(
        "note",
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
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("cosigned_by", sa.Uuid(), nullable=True),
        sa.Column("cosigner_id", sa.Uuid(), nullable=True),
        sa.Column("cosigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(status = 'COSIGNED') <= (cosigned_by IS NOT NULL AND cosigned_at IS NOT NULL)",
            name=op.f("note_cosigned_check"),
        ),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'SIGNED', 'COSIGNED', 'ENTERED_IN_ERROR')", name=op.f("note_status_check")
        ),
        sa.CheckConstraint(
            "status NOT IN ('SIGNED', 'COSIGNED') OR signature IS NOT NULL", name=op.f("note_signed_check")
        ),
        sa.CheckConstraint("(signature IS NULL) = (signed_at IS NULL)", name=op.f("note_signature_check")),
        sa.CheckConstraint("cosigned_by <> account_id", name=op.f("note_cosigner_check")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("note_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("note_pkey")),
    )
    op.create_index("note_encounter_idx", "note", ["encounter_id"], unique=False)
    op.create_index("note_patient_idx", "note", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "procedure",
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
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('IN_PROGRESS', 'COMPLETED', 'STOPPED', 'NOT_DONE', 'ENTERED_IN_ERROR')",
            name=op.f("procedure_status_check"),
        ),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("procedure_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("procedure_pkey")),
    )
    op.create_index("procedure_encounter_idx", "procedure", ["encounter_id"], unique=False)
    op.create_index("procedure_patient_idx", "procedure", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "social_history",
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
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("status IN ('RECORDED', 'ENTERED_IN_ERROR')", name=op.f("social_history_status_check")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("social_history_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("social_history_pkey")),
    )
    op.create_index("social_history_encounter_idx", "social_history", ["encounter_id"], unique=False)
    op.create_index("social_history_patient_idx", "social_history", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "vital_signs",
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
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("status IN ('RECORDED', 'ENTERED_IN_ERROR')", name=op.f("vital_signs_status_check")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("vital_signs_encounter_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("vital_signs_pkey")),
    )
    op.create_index("vital_signs_effective_idx", "vital_signs", ["patient_id", "effective_at", "id"], unique=False)
    op.create_index("vital_signs_encounter_idx", "vital_signs", ["encounter_id"], unique=False)
    op.create_index("vital_signs_patient_idx", "vital_signs", ["patient_id", "recorded_at", "id"], unique=False)
    op.create_table(
        "addendum",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("recorder_id", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("addendum_note_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("addendum_pkey")),
    )
    op.create_index("addendum_note_idx", "addendum", ["note_id", "id"], unique=False)
    op.create_table(
        "note_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("note_version_note_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("note_version_pkey")),
        sa.UniqueConstraint("note_id", "number", name=op.f("note_version_note_id_number_key")),
    )
    _keep_states("encounter", _TRANSITIONS)
    _keep_states("note", _NOTE_TRANSITIONS)
    _keep_locked_encounters()
    _keep_signed_notes()


def _keep_states(table: str, transitions: str) -> None:
    """A row goes from one state to another only where that is foreseen."""
    op.execute(f"""
        CREATE FUNCTION {table}_transition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({transitions}) THEN
                RAISE EXCEPTION '% does not lead to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER {table}_transition BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION {table}_transition()
    """)


def _keep_locked_encounters() -> None:
    """Nothing is added to a locked encounter. Nobody locks it while something is being added."""
    op.execute("""
        CREATE FUNCTION encounter_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            its_encounter uuid;
            locked timestamptz;
        BEGIN
            IF TG_TABLE_NAME = 'note_version' THEN
                SELECT encounter_id INTO its_encounter FROM note WHERE id = NEW.note_id;
            ELSE
                its_encounter := NEW.encounter_id;
            END IF;
            SELECT locked_at INTO locked FROM encounter WHERE id = its_encounter FOR SHARE;
            IF locked IS NOT NULL THEN
                RAISE EXCEPTION 'the encounter is locked' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    for table in (*_ENTRIES, "note_version"):
        op.execute(f"""
            CREATE TRIGGER {table}_encounter BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION encounter_is_open()
        """)
    for table in _ENTRIES:
        op.execute(f"""
            CREATE TRIGGER {table}_encounter_moved BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.encounter_id IS DISTINCT FROM NEW.encounter_id) EXECUTE FUNCTION encounter_is_open()
        """)


def _keep_signed_notes() -> None:
    """What is signed stays as it is, but for columns that it does not say anything in.

    Those of the first argument may change, those of the second when keys are rotated, which encrypts the same anew.
    """
    op.execute("""
        CREATE FUNCTION keep_signed() RETURNS trigger LANGUAGE plpgsql AS $$
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
            RAISE EXCEPTION '% keeps what was signed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE FUNCTION note_is_draft() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE state text;
        BEGIN
            SELECT status INTO state FROM note WHERE id = NEW.note_id FOR SHARE;
            IF state <> 'DRAFT' THEN
                RAISE EXCEPTION 'the note is signed' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER note_version_of_draft BEFORE INSERT ON note_version FOR EACH ROW EXECUTE FUNCTION note_is_draft()
    """)
    changing = "status,version,updated_at,patient_id,cosigned_by,cosigner_id,cosigned_at,retraction"
    for table, free, ciphertext, when in (
        ("note", changing, "facts", "WHEN (OLD.status <> 'DRAFT')"),
        ("note_version", "updated_at,patient_id", "content", ""),
        ("addendum", "updated_at,patient_id", "content", ""),
    ):
        for event in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER {table}_keep_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW {when}
                EXECUTE FUNCTION keep_signed('{{{free}}}', '{{{ciphertext}}}')
            """)
        op.execute(f"""
            CREATE TRIGGER {table}_keep_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION keep_signed()
        """)


def downgrade() -> None:
    op.drop_table("note_version")
    op.drop_index("addendum_note_idx", table_name="addendum")
    op.drop_table("addendum")
    op.drop_index("vital_signs_patient_idx", table_name="vital_signs")
    op.drop_index("vital_signs_encounter_idx", table_name="vital_signs")
    op.drop_index("vital_signs_effective_idx", table_name="vital_signs")
    op.drop_table("vital_signs")
    op.drop_index("social_history_patient_idx", table_name="social_history")
    op.drop_index("social_history_encounter_idx", table_name="social_history")
    op.drop_table("social_history")
    op.drop_index("procedure_patient_idx", table_name="procedure")
    op.drop_index("procedure_encounter_idx", table_name="procedure")
    op.drop_table("procedure")
    op.drop_index("note_patient_idx", table_name="note")
    op.drop_index("note_encounter_idx", table_name="note")
    op.drop_table("note")
    op.drop_index("medication_statement_patient_idx", table_name="medication_statement")
    op.drop_index("medication_statement_encounter_idx", table_name="medication_statement")
    op.drop_table("medication_statement")
    op.drop_index("immunization_patient_idx", table_name="immunization")
    op.drop_index("immunization_encounter_idx", table_name="immunization")
    op.drop_table("immunization")
    op.drop_index("family_history_patient_idx", table_name="family_history")
    op.drop_index("family_history_encounter_idx", table_name="family_history")
    op.drop_table("family_history")
    op.drop_index("condition_patient_idx", table_name="condition")
    op.drop_index("condition_encounter_idx", table_name="condition")
    op.drop_table("condition")
    op.drop_index("care_team_patient_idx", table_name="care_team")
    op.drop_index("care_team_encounter_idx", table_name="care_team")
    op.drop_table("care_team")
    op.drop_index("care_plan_patient_idx", table_name="care_plan")
    op.drop_index("care_plan_encounter_idx", table_name="care_plan")
    op.drop_table("care_plan")
    op.drop_index(
        "allergy_substance_key",
        table_name="allergy",
        postgresql_where=sa.text("clinical_status = 'ACTIVE' AND status <> 'REFUTED'"),
    )
    op.drop_index("allergy_patient_idx", table_name="allergy")
    op.drop_index("allergy_encounter_idx", table_name="allergy")
    op.drop_table("allergy")
    op.drop_index("encounter_practitioner_idx", table_name="encounter")
    op.drop_index("encounter_patient_idx", table_name="encounter")
    op.drop_table("encounter")
    for function in ("note_is_draft", "keep_signed", "encounter_is_open", "note_transition", "encounter_transition"):
        op.execute(f"DROP FUNCTION {function}()")
