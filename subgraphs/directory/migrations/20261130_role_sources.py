"""A role keeps which resources of other systems say so."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "directory_0003"
down_revision = "directory_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "practitioner_role", sa.Column("sources", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    op.alter_column("practitioner_role", "sources", server_default=None)
    op.create_index("practitioner_role_sources_idx", "practitioner_role", ["sources"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("practitioner_role_sources_idx", table_name="practitioner_role")
    op.drop_column("practitioner_role", "sources")
