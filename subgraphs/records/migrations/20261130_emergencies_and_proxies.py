"""Emergencies and proxies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "records_0003"
down_revision = "records_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "emergency_access",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("account_id"), "="),
            (sa.column("patient_id"), "="),
            (sa.text("tstzrange(opened_at, expires_at)"), "&&"),
            where=sa.text("NOT moved"),
            using="gist",
            name="emergency_access_overlap",
        ),
        sa.CheckConstraint("verdict IN ('JUSTIFIED', 'NOT_JUSTIFIED')", name=op.f("emergency_access_verdict_check")),
        sa.CheckConstraint(
            "num_nulls(verdict, reviewed_at, reviewer_id, comment) IN (0, 4) AND reviewed_at >= expires_at",
            name=op.f("emergency_access_review_check"),
        ),
        sa.CheckConstraint("opened_at < expires_at", name=op.f("emergency_access_period_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("emergency_access_pkey")),
    )
    op.create_index("emergency_access_opened_at_idx", "emergency_access", ["opened_at", "id"], unique=False)
    op.create_index("emergency_access_patient_idx", "emergency_access", ["patient_id", "opened_at"], unique=False)
    op.create_table(
        "proxy",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("proxy_id", sa.Uuid(), nullable=False),
        sa.Column("relationship", sa.String(), nullable=False),
        sa.Column("whole_until", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.CheckConstraint("relationship IN ('PARENT', 'GUARDIAN')", name=op.f("proxy_relationship_check")),
        sa.CheckConstraint("patient_id <> proxy_id OR ended_at IS NOT NULL", name=op.f("proxy_another_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("proxy_pkey")),
    )
    op.create_index(
        "proxy_patient_key",
        "proxy",
        ["patient_id", "proxy_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND NOT moved"),
    )
    op.create_index("proxy_proxy_idx", "proxy", ["proxy_id"], unique=False)


def downgrade() -> None:
    op.drop_index("proxy_proxy_idx", table_name="proxy")
    op.drop_index("proxy_patient_key", table_name="proxy", postgresql_where=sa.text("ended_at IS NULL AND NOT moved"))
    op.drop_table("proxy")
    op.drop_index("emergency_access_patient_idx", table_name="emergency_access")
    op.drop_index("emergency_access_opened_at_idx", table_name="emergency_access")
    op.drop_table("emergency_access")
