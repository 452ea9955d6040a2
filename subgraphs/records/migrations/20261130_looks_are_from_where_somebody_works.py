"""Looks are from where somebody works."""

import sqlalchemy as sa
from alembic import op

revision = "records_0012"
down_revision = "records_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("disclosure", sa.Column("locations", sa.ARRAY(sa.Uuid()), nullable=True))


def downgrade() -> None:
    op.drop_column("disclosure", "locations")
