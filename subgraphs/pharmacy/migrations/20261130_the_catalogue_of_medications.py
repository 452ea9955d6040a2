"""The catalogue of medications."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0001"
down_revision = None
branch_labels = ("pharmacy",)
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "medication",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rxcui", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("dose_form", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.CheckConstraint("rxcui ~ '^[1-9][0-9]{0,9}$'", name=op.f("medication_rxcui_check")),
        sa.CheckConstraint("schedule IN ('II', 'III', 'IV', 'V')", name=op.f("medication_schedule_check")),
        sa.CheckConstraint(
            "unit IN ('TABLET', 'CAPSULE', 'MILLILITRE', 'GRAM', 'VIAL', 'SYRINGE', 'PATCH', 'SUPPOSITORY', 'DOSE', 'PIECE')",
            name=op.f("medication_unit_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("medication_pkey")),
        sa.UniqueConstraint("rxcui", name=op.f("medication_rxcui_key")),
    )
    op.create_index(op.f("medication_name_idx"), "medication", ["name"], unique=False)
    op.create_index(
        "medication_search_text_idx",
        "medication",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "medication_ingredient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("rxcui", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("strength", sa.Numeric(precision=14, scale=6), nullable=False),
        sa.Column("strength_unit", sa.String(), nullable=False),
        sa.CheckConstraint("rxcui ~ '^[1-9][0-9]{0,9}$'", name=op.f("medication_ingredient_rxcui_check")),
        sa.CheckConstraint("strength > 0", name=op.f("medication_ingredient_strength_check")),
        sa.ForeignKeyConstraint(
            ["medication_id"],
            ["medication.id"],
            name=op.f("medication_ingredient_medication_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("medication_ingredient_pkey")),
        sa.UniqueConstraint("medication_id", "rxcui", name=op.f("medication_ingredient_medication_id_rxcui_key")),
    )
    op.create_index(op.f("medication_ingredient_rxcui_idx"), "medication_ingredient", ["rxcui"], unique=False)
    op.create_table(
        "medication_pack",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("units", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("medication_pack_units_check")),
        sa.ForeignKeyConstraint(
            ["medication_id"], ["medication.id"], name=op.f("medication_pack_medication_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("medication_pack_pkey")),
        sa.UniqueConstraint("medication_id", "name", name=op.f("medication_pack_medication_id_name_key")),
    )


def downgrade() -> None:
    op.drop_table("medication_pack")
    op.drop_index(op.f("medication_ingredient_rxcui_idx"), table_name="medication_ingredient")
    op.drop_table("medication_ingredient")
    op.drop_index(
        "medication_search_text_idx",
        table_name="medication",
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.drop_index(op.f("medication_name_idx"), table_name="medication")
    op.drop_table("medication")
