<%!
def statements(text):
    """Without Alembic's own remarks around them."""
    return "\n".join(line for line in (text or "").split("\n") if "# ###" not in line).strip() or "pass"
%>"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${statements(upgrades)}


def downgrade() -> None:
    ${statements(downgrades)}
