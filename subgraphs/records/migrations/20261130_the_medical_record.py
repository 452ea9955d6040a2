"""The medical record."""

import sqlalchemy as sa
from alembic import op

revision = "records_0001"
down_revision = None
branch_labels = ("records",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
    )
    op.create_index(op.f("account_patient_id_idx"), "account", ["patient_id"], unique=False)
    op.create_index(op.f("account_practitioner_id_idx"), "account", ["practitioner_id"], unique=False)
    op.create_table(
        "care_relation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("care_relation_pkey")),
    )
    op.create_index("care_relation_source_idx", "care_relation", ["source_id", "basis"], unique=False)
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_pkey")),
    )
    op.create_table(
        "withheld_section",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.CheckConstraint(
            "section IN ('CONDITIONS', 'ALLERGIES', 'MEDICATIONS', 'IMMUNIZATIONS', 'VITAL_SIGNS', 'PROCEDURES', 'NOTES', 'DOCUMENTS', 'HISTORY', 'CARE_PLANS')",
            name=op.f("withheld_section_section_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("withheld_section_pkey")),
        sa.UniqueConstraint("patient_id", "section", name=op.f("withheld_section_patient_id_section_key")),
    )


def downgrade() -> None:
    op.drop_table("withheld_section")
    op.drop_table("patient")
    op.drop_index("care_relation_source_idx", table_name="care_relation")
    op.drop_table("care_relation")
    op.drop_index(op.f("account_practitioner_id_idx"), table_name="account")
    op.drop_index(op.f("account_patient_id_idx"), table_name="account")
    op.drop_table("account")
