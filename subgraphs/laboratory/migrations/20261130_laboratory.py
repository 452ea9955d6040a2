"""Laboratory."""

import sqlalchemy as sa
from alembic import op

revision = "laboratory_0001"
down_revision = None
branch_labels = ("laboratory",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lab_test",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("lab_test_pkey")),
    )
    op.create_index(op.f("lab_test_name_idx"), "lab_test", ["name"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("lab_test_name_idx"), table_name="lab_test")
    op.drop_table("lab_test")
