"""Results are a section, and every service knows what is withheld."""

from alembic import op

revision = "records_0011"
down_revision = "records_0010"
branch_labels = None
depends_on = ("shared_0011",)

_SECTIONS = (
    "CONDITIONS",
    "ALLERGIES",
    "MEDICATIONS",
    "IMMUNIZATIONS",
    "VITAL_SIGNS",
    "PROCEDURES",
    "NOTES",
    "DOCUMENTS",
    "HISTORY",
    "CARE_PLANS",
)


def upgrade() -> None:
    _allow((*_SECTIONS, "RESULTS"))
    # At version 0, none has been told; the service does so as it starts.
    op.execute("""
        INSERT INTO withholding (id, patient_id, section, version)
        SELECT id, patient_id, section, 0 FROM withheld_section
    """)


def downgrade() -> None:
    op.execute("DELETE FROM withheld_section WHERE section = 'RESULTS'")
    _allow(_SECTIONS)


def _allow(sections: tuple[str, ...]) -> None:
    check, table = op.f("withheld_section_section_check"), "withheld_section"
    op.drop_constraint(check, table)
    op.create_check_constraint(check, table, f"section IN ({', '.join(repr(each) for each in sections)})")
