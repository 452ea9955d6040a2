"""Mergers are followed by the shared table."""

import sqlalchemy as sa
from alembic import op

revision = "appointments_0004"
down_revision = "appointments_0003"
branch_labels = None
depends_on = ("shared_0003",)

_CHAINS = """
    WITH RECURSIVE chain (merged_id, survivor_id) AS (
        SELECT id, merged_into FROM patient WHERE merged_into IS NOT NULL
        UNION SELECT chain.merged_id, patient.merged_into
        FROM chain JOIN patient ON patient.id = chain.survivor_id WHERE patient.merged_into IS NOT NULL
    )
    INSERT INTO merger (merged_id, survivor_id)
    SELECT merged_id, survivor_id FROM chain
    WHERE survivor_id NOT IN (SELECT id FROM patient WHERE merged_into IS NOT NULL)
"""


def upgrade() -> None:
    op.execute(_CHAINS)
    op.drop_column("patient", "merged_into")


def downgrade() -> None:
    op.add_column("patient", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.execute("UPDATE patient SET merged_into = survivor_id FROM merger WHERE merged_id = patient.id")
