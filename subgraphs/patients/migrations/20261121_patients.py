"""Patients and their identifiers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "patients_0001"
down_revision = None
branch_labels = ("patients",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    # array_to_string is only stable, for the sake of element types whose text depends on settings; text's does not.
    op.execute("""
        CREATE FUNCTION immutable_join(text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN array_to_string($1, ' ')
    """)
    op.execute(sa.schema.CreateSequence(sa.Sequence("medical_record_number_seq", start=1_000_000)))
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("source_digest", sa.LargeBinary(), nullable=True),
        sa.Column("medical_record_number", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("given", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("prefix", sa.String(), nullable=True),
        sa.Column("other_names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("gender", sa.String(), nullable=False),
        sa.Column("marital_status", sa.String(), nullable=True),
        sa.Column("deceased", sa.Boolean(), nullable=False),
        sa.Column("deceased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_points", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("addresses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("emergency_contacts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("preferred_channels", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column(
            "search_text",
            sa.String(),
            sa.Computed(
                "lower(family || ' ' || immutable_join(given) || ' ' || CAST(jsonb_path_query_array(other_names, '$[*].family') AS text))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("gender IN ('male', 'female', 'other', 'unknown')", name=op.f("patient_gender_check")),
        sa.CheckConstraint(
            "preferred_channels <@ ARRAY['email', 'sms', 'phone', 'mail']::varchar[]",
            name=op.f("patient_channels_check"),
        ),
        sa.CheckConstraint("deceased OR deceased_at IS NULL", name=op.f("patient_deceased_at_check")),
        sa.CheckConstraint(
            "merged_into_id IS NULL OR merged_into_id <> id AND NOT active", name=op.f("patient_merged_check")
        ),
        sa.ForeignKeyConstraint(["merged_into_id"], ["patient.id"], name=op.f("patient_merged_into_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_pkey")),
        sa.UniqueConstraint("identifier", name=op.f("patient_identifier_key")),
        sa.UniqueConstraint("medical_record_number", name=op.f("patient_medical_record_number_key")),
    )
    op.create_index(op.f("patient_birth_date_idx"), "patient", ["birth_date"], unique=False)
    op.create_index(op.f("patient_merged_into_id_idx"), "patient", ["merged_into_id"], unique=False)
    op.create_index("patient_order_idx", "patient", ["search_text", "id"], unique=False)
    op.create_index(
        "patient_search_text_idx",
        "patient",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "patient_identifier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("patient_identifier_patient_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_identifier_pkey")),
        sa.UniqueConstraint(
            "patient_id", "system", "value", name=op.f("patient_identifier_patient_id_system_value_key")
        ),
    )
    op.create_index("patient_identifier_value_idx", "patient_identifier", ["value", "system"], unique=False)


def downgrade() -> None:
    op.drop_index("patient_identifier_value_idx", table_name="patient_identifier")
    op.drop_table("patient_identifier")
    op.drop_index(
        "patient_search_text_idx",
        table_name="patient",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index("patient_order_idx", table_name="patient")
    op.drop_index(op.f("patient_merged_into_id_idx"), table_name="patient")
    op.drop_index(op.f("patient_birth_date_idx"), table_name="patient")
    op.drop_table("patient")
    op.execute("DROP SEQUENCE medical_record_number_seq")
    op.execute("DROP FUNCTION immutable_join")
