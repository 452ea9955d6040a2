"""Who has looked at patients' data is kept of all services."""

import sqlalchemy as sa
from alembic import op

revision = "records_0007"
down_revision = "records_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("patients", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("disclosure_pkey")),
    )
    op.create_index("disclosure_actor_idx", "disclosure", ["actor", "at", "id"], unique=False)
    op.create_index("disclosure_at_idx", "disclosure", ["at", "id"], unique=False)
    op.create_index("disclosure_patients_idx", "disclosure", ["patients"], unique=False, postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("disclosure_patients_idx", table_name="disclosure", postgresql_using="gin")
    op.drop_index("disclosure_at_idx", table_name="disclosure")
    op.drop_index("disclosure_actor_idx", table_name="disclosure")
    op.drop_table("disclosure")
