"""Clinics have interactions of their own."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0003"
down_revision = "pharmacy_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interaction_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("interaction_list_version_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("interaction_list_pkey")),
        sa.UniqueConstraint("version", name=op.f("interaction_list_version_key")),
    )
    op.create_table(
        "interaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("severity IN ('INTERRUPTS', 'WARNS', 'INFORMS')", name=op.f("interaction_severity_check")),
        sa.ForeignKeyConstraint(["list_id"], ["interaction_list.id"], name=op.f("interaction_list_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("interaction_pkey")),
        sa.UniqueConstraint("list_id", "line", name=op.f("interaction_list_id_line_key")),
    )
    op.execute("""
        CREATE FUNCTION keep_interactions() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in ("interaction_list", "interaction"):
        op.execute(f"""
            CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION keep_interactions()
        """)


def downgrade() -> None:
    op.drop_table("interaction")
    op.drop_table("interaction_list")
    op.execute("DROP FUNCTION keep_interactions()")
