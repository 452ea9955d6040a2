"""Mergers are followed by the shared table."""

import sqlalchemy as sa
from alembic import op

revision = "reporting_0002"
down_revision = "reporting_0001"
branch_labels = None
depends_on = ("shared_0003",)

_CHAINS = """
    WITH RECURSIVE chain (merged_id, survivor_id) AS (
        SELECT patient_id, merged_into FROM registration_fact WHERE merged_into IS NOT NULL
        UNION SELECT chain.merged_id, registration_fact.merged_into
        FROM chain JOIN registration_fact ON registration_fact.patient_id = chain.survivor_id
        WHERE registration_fact.merged_into IS NOT NULL
    )
    INSERT INTO merger (merged_id, survivor_id)
    SELECT merged_id, survivor_id FROM chain
    WHERE survivor_id NOT IN (SELECT patient_id FROM registration_fact WHERE merged_into IS NOT NULL)
"""


def upgrade() -> None:
    op.execute(_CHAINS)
    op.execute("DELETE FROM registration_fact WHERE way IS NULL")
    op.drop_column("registration_fact", "merged_into")
    op.drop_constraint("registration_fact_registered_check", "registration_fact")
    op.alter_column("registration_fact", "way", nullable=False)
    op.alter_column("registration_fact", "registered_at", nullable=False)


def downgrade() -> None:
    op.alter_column("registration_fact", "way", nullable=True)
    op.alter_column("registration_fact", "registered_at", nullable=True)
    op.create_check_constraint(
        op.f("registration_fact_registered_check"), "registration_fact", "(way IS NULL) = (registered_at IS NULL)"
    )
    op.add_column("registration_fact", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.execute("UPDATE registration_fact SET merged_into = survivor_id FROM merger WHERE merged_id = patient_id")
