"""Accounts can be listed by their last log-in."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0006"
down_revision = "identity_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column(
            "last_log_in_order",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(last_log_in_at, '0001-01-01 00:00:00+00')", persisted=True),
            nullable=False,
        ),
    )
    op.create_index("account_last_log_in_order_idx", "account", ["last_log_in_order", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("account_last_log_in_order_idx", table_name="account")
    op.drop_column("account", "last_log_in_order")
