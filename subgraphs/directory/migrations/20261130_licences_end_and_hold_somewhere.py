"""Licences end, and hold somewhere."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0005"
down_revision = "directory_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("practitioner", sa.Column("licence_jurisdiction", sa.String(), nullable=True))
    op.add_column("practitioner", sa.Column("licence_valid_until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("practitioner", "licence_valid_until")
    op.drop_column("practitioner", "licence_jurisdiction")
