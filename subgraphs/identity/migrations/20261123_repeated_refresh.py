"""A refresh token keeps who has used it"""

import sqlalchemy as sa
from alembic import op

revision = "identity_0003"
down_revision = "identity_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refresh_token", sa.Column("used_by", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("refresh_token", "used_by")
