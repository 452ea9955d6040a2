"""Organizations, locations, practitioners and their roles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "directory_0001"
down_revision = None
branch_labels = ("directory",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    # array_to_string is only stable, for the sake of element types whose text depends on settings; text's does not.
    op.execute("""
        CREATE FUNCTION immutable_join(text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN array_to_string($1, ' ')
    """)
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("search_text", sa.String(), sa.Computed("lower(name)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("organization_pkey")),
        sa.UniqueConstraint("identifier", name=op.f("organization_identifier_key")),
    )
    op.create_index(
        "organization_search_text_idx",
        "organization",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "practitioner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("given", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("prefix", sa.String(), nullable=True),
        sa.Column("npi", sa.String(), nullable=True),
        sa.Column("licence_number", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("languages", sa.ARRAY(sa.String()), nullable=False),
        sa.Column(
            "search_text",
            sa.String(),
            sa.Computed("lower(family || ' ' || immutable_join(given))", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("practitioner_pkey")),
        sa.UniqueConstraint("identifier", name=op.f("practitioner_identifier_key")),
        sa.UniqueConstraint("npi", name=op.f("practitioner_npi_key")),
    )
    op.create_index(
        "practitioner_search_text_idx",
        "practitioner",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("search_text", sa.String(), sa.Computed("lower(coalesce(name, ''))", persisted=True), nullable=False),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("location_position_check")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("location_organization_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("location_pkey")),
        sa.UniqueConstraint("identifier", name=op.f("location_identifier_key")),
    )
    op.create_index(op.f("location_organization_id_idx"), "location", ["organization_id"], unique=False)
    op.create_index(
        "location_search_text_idx",
        "location",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "practitioner_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("specialty_system", sa.String(), nullable=False),
        sa.Column("specialty_code", sa.String(), nullable=False),
        sa.Column("specialty_display", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("practitioner_role_location_id_fkey")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("practitioner_role_organization_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("practitioner_role_practitioner_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("practitioner_role_pkey")),
        sa.UniqueConstraint(
            "practitioner_id",
            "organization_id",
            "location_id",
            "specialty_code",
            name="practitioner_role_key",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("practitioner_role_location_id_idx"), "practitioner_role", ["location_id"], unique=False)
    op.create_index(
        op.f("practitioner_role_organization_id_idx"), "practitioner_role", ["organization_id"], unique=False
    )
    op.create_index(
        op.f("practitioner_role_practitioner_id_idx"), "practitioner_role", ["practitioner_id"], unique=False
    )
    op.create_index(
        "practitioner_role_specialty_idx", "practitioner_role", ["specialty_system", "specialty_code"], unique=False
    )


def downgrade() -> None:
    op.drop_index("practitioner_role_specialty_idx", table_name="practitioner_role")
    op.drop_index(op.f("practitioner_role_practitioner_id_idx"), table_name="practitioner_role")
    op.drop_index(op.f("practitioner_role_organization_id_idx"), table_name="practitioner_role")
    op.drop_index(op.f("practitioner_role_location_id_idx"), table_name="practitioner_role")
    op.drop_table("practitioner_role")
    op.drop_index(
        "location_search_text_idx",
        table_name="location",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index(op.f("location_organization_id_idx"), table_name="location")
    op.drop_table("location")
    op.drop_index(
        "practitioner_search_text_idx",
        table_name="practitioner",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_table("practitioner")
    op.drop_index(
        "organization_search_text_idx",
        table_name="organization",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_table("organization")
    op.execute("DROP FUNCTION immutable_join")
