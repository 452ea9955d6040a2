"""Clinics have ingredients of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pharmacy_0009"
down_revision = "pharmacy_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clinic_ingredient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rxcui", sa.String(), nullable=True),
        sa.Column("classes", postgresql.ARRAY(sa.String()), nullable=False),
        sa.CheckConstraint("rxcui ~ '^[1-9][0-9]{0,9}$'", name=op.f("clinic_ingredient_rxcui_check")),
        sa.ForeignKeyConstraint(["list_id"], ["interaction_list.id"], name=op.f("clinic_ingredient_list_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("clinic_ingredient_pkey")),
        sa.UniqueConstraint("list_id", "line", name=op.f("clinic_ingredient_list_id_line_key")),
        sa.UniqueConstraint("list_id", "name", name=op.f("clinic_ingredient_list_id_name_key")),
    )
    op.execute("""
        CREATE TRIGGER clinic_ingredient_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON clinic_ingredient
        FOR EACH STATEMENT EXECUTE FUNCTION keep_interactions()
    """)


def downgrade() -> None:
    op.drop_table("clinic_ingredient")
