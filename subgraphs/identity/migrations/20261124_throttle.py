"""Failed attempts are counted in Redis"""

import sqlalchemy as sa
from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("throttle_last_at_idx"), table_name="throttle")
    op.drop_table("throttle")


def downgrade() -> None:
    op.create_table(
        "throttle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("throttle_pkey")),
        sa.UniqueConstraint("key", name=op.f("throttle_key_key")),
    )
    op.create_index(op.f("throttle_last_at_idx"), "throttle", ["last_at"], unique=False)
