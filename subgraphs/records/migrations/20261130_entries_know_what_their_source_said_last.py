"""Entries know what their source said last."""

import sqlalchemy as sa
from alembic import op

revision = "records_0005"
down_revision = "records_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("allergy", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("care_plan", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("care_team", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("condition", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("encounter", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("family_history", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("immunization", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("medication_statement", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("procedure", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("social_history", sa.Column("source_digest", sa.LargeBinary(), nullable=True))
    op.add_column("vital_signs", sa.Column("source_digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("vital_signs", "source_digest")
    op.drop_column("social_history", "source_digest")
    op.drop_column("procedure", "source_digest")
    op.drop_column("medication_statement", "source_digest")
    op.drop_column("immunization", "source_digest")
    op.drop_column("family_history", "source_digest")
    op.drop_column("encounter", "source_digest")
    op.drop_column("condition", "source_digest")
    op.drop_column("care_team", "source_digest")
    op.drop_column("care_plan", "source_digest")
    op.drop_column("allergy", "source_digest")
