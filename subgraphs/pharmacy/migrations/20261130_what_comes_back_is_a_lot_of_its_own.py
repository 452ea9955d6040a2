"""What comes back from patients is a lot of its own."""

import sqlalchemy as sa
from alembic import op

revision = "pharmacy_0008"
down_revision = "pharmacy_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lot", sa.Column("returned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("lot", "returned", server_default=None)
    op.drop_constraint(op.f("lot_item_id_number_key"), "lot", type_="unique")
    op.create_index(
        "lot_item_id_number_key", "lot", ["item_id", "number"], unique=True, postgresql_where=sa.text("NOT returned")
    )


def downgrade() -> None:
    op.drop_index("lot_item_id_number_key", table_name="lot", postgresql_where=sa.text("NOT returned"))
    op.create_unique_constraint(op.f("lot_item_id_number_key"), "lot", ["item_id", "number"])
    op.drop_column("lot", "returned")
