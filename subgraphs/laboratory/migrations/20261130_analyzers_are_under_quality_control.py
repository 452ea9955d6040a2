"""Analyzers are under quality control."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "laboratory_0004"
down_revision = "laboratory_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "qc_material",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analyzer_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=True),
        sa.Column("mean", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("deviation", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("deviation > 0", name=op.f("qc_material_deviation_check")),
        sa.ForeignKeyConstraint(["analyzer_id"], ["analyzer.id"], name=op.f("qc_material_analyzer_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("qc_material_lab_test_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("qc_material_pkey")),
    )
    op.create_index(op.f("qc_material_lab_test_id_idx"), "qc_material", ["lab_test_id"], unique=False)
    op.create_index(
        "qc_material_level_key",
        "qc_material",
        ["analyzer_id", "lab_test_id", "level"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "qc_run",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analyzer_id", sa.Uuid(), nullable=False),
        sa.Column("lab_test_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("verdict IN ('IN_CONTROL', 'WARNING', 'REJECTED')", name=op.f("qc_run_verdict_check")),
        sa.ForeignKeyConstraint(["analyzer_id"], ["analyzer.id"], name=op.f("qc_run_analyzer_id_fkey")),
        sa.ForeignKeyConstraint(["lab_test_id"], ["lab_test.id"], name=op.f("qc_run_lab_test_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("qc_run_pkey")),
    )
    op.create_index("qc_run_analyzer_idx", "qc_run", ["analyzer_id", "lab_test_id", "id"], unique=False)
    op.create_index(op.f("qc_run_lab_test_id_idx"), "qc_run", ["lab_test_id"], unique=False)
    op.add_column("lab_result", sa.Column("analyzer_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("lab_result_analyzer_id_fkey"), "lab_result", "analyzer", ["analyzer_id"], ["id"])
    op.execute("""
        CREATE TRIGGER qc_run_keep BEFORE UPDATE OR DELETE ON qc_run FOR EACH ROW
        EXECUTE FUNCTION keep_row('{}', '{}')
    """)
    op.execute("""
        CREATE TRIGGER qc_run_keep_truncate BEFORE TRUNCATE ON qc_run FOR EACH STATEMENT EXECUTE FUNCTION keep_row()
    """)


def downgrade() -> None:
    op.drop_constraint(op.f("lab_result_analyzer_id_fkey"), "lab_result", type_="foreignkey")
    op.drop_column("lab_result", "analyzer_id")
    op.drop_index(op.f("qc_run_lab_test_id_idx"), table_name="qc_run")
    op.drop_index("qc_run_analyzer_idx", table_name="qc_run")
    op.drop_table("qc_run")
    op.drop_index("qc_material_level_key", table_name="qc_material", postgresql_where=sa.text("active"))
    op.drop_index(op.f("qc_material_lab_test_id_idx"), table_name="qc_material")
    op.drop_table("qc_material")
