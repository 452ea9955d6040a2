"""By what rows are known to other systems."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0002"
down_revision = "shared_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "resource_key",
        sa.Column("resource_type", sa.String, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("row_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
    )
    op.create_index(
        "resource_key_id_key",
        "resource_key",
        ["resource_type", "digest"],
        unique=True,
        postgresql_where=sa.text("kind = 'id'"),
    )


def downgrade() -> None:
    op.drop_table("resource_key")
