"""Resources of other systems have versions, of which the newest counts."""

import sqlalchemy as sa
from alembic import op

revision = "shared_0007"
down_revision = "shared_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("resource_key", sa.Column("source_updated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("resource_key", "source_updated_at")
