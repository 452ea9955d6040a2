"""The trail knows where people work."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "shared_0012"
down_revision = "shared_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("locations", ARRAY(sa.Uuid)))


def downgrade() -> None:
    op.drop_column("audit_entry", "locations")
