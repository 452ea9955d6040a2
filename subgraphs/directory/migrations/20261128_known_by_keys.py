"""Rows are known to other systems by keys in `resource_key`: the one that they had is the first."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0002"
down_revision = "directory_0001"
branch_labels = None
depends_on = ("shared_0002",)


def upgrade() -> None:
    op.execute("""
        INSERT INTO resource_key (resource_type, digest, row_id, kind)
        SELECT 'Organization', sha256(convert_to(identifier, 'UTF8')), id, 'first' FROM organization WHERE identifier IS NOT NULL
    """)
    op.drop_column("organization", "identifier")
    op.execute("""
        INSERT INTO resource_key (resource_type, digest, row_id, kind)
        SELECT 'Location', sha256(convert_to(identifier, 'UTF8')), id, 'first' FROM location WHERE identifier IS NOT NULL
    """)
    op.drop_column("location", "identifier")
    op.execute("""
        INSERT INTO resource_key (resource_type, digest, row_id, kind)
        SELECT 'Practitioner', sha256(convert_to(identifier, 'UTF8')), id, 'first' FROM practitioner WHERE identifier IS NOT NULL
    """)
    op.drop_column("practitioner", "identifier")


def downgrade() -> None:
    op.add_column("organization", sa.Column("identifier", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("organization_identifier_key"), "organization", ["identifier"])
    op.add_column("location", sa.Column("identifier", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("location_identifier_key"), "location", ["identifier"])
    op.add_column("practitioner", sa.Column("identifier", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("practitioner_identifier_key"), "practitioner", ["identifier"])
