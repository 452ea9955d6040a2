"""Accounts of staff have a name, and others are told of them."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0007"
down_revision = "identity_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("name", sa.String(), nullable=True))
    # Accounts that are older than the event of what they may do are told of once.
    op.add_column("account", sa.Column("access_untold", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("account", "access_untold", server_default=None)
    op.create_index(
        "account_access_untold_idx", "account", ["id"], unique=False, postgresql_where=sa.text("access_untold")
    )


def downgrade() -> None:
    op.drop_index("account_access_untold_idx", table_name="account", postgresql_where=sa.text("access_untold"))
    op.drop_column("account", "access_untold")
    op.drop_column("account", "name")
