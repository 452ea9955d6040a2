"""The outbox, consumers and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

revision = "shared_0001"
down_revision = None
branch_labels = ("shared",)
depends_on = None

NOW = sa.DateTime(timezone=True)


def upgrade() -> None:
    outbox()
    consumers()
    audit()


def outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", UUID, nullable=False, unique=True),
        sa.Column("domain", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("published_at", NOW),
    )
    op.create_index("outbox_unpublished_idx", "outbox", ["position"], postgresql_where=sa.text("published_at IS NULL"))
    op.create_index("outbox_published_at_idx", "outbox", ["published_at"])
    op.execute("""
        CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$
    """)
    op.execute("""
        CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify()
    """)


def consumers() -> None:
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.String, primary_key=True),
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "consumed_event",
        sa.Column("consumer", sa.String, primary_key=True),
        sa.Column("event_id", UUID, primary_key=True),
        sa.Column("consumed_at", NOW, nullable=False),
    )
    op.create_index("consumed_event_consumed_at_idx", "consumed_event", ["consumed_at"])


def audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", UUID, nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.Column("actor", UUID, nullable=False),
        sa.Column("session", UUID, nullable=False),
        sa.Column("roles", ARRAY(sa.String), nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("resource", sa.String, nullable=False),
        sa.Column("resource_ids", ARRAY(UUID), nullable=False),
        sa.Column("patients", ARRAY(UUID), nullable=False),
        sa.Column("operation", sa.String),
        sa.Column("request_id", sa.String),
        sa.Column("detail", JSONB),
        sa.Column("seal", sa.BigInteger, unique=True),
        sa.Column("hash", sa.LargeBinary),
    )
    op.create_index("audit_entry_unsealed_idx", "audit_entry", ["position"], postgresql_where=sa.text("seal IS NULL"))
    op.create_index("audit_entry_patients_idx", "audit_entry", ["patients"], postgresql_using="gin")
    op.create_index("audit_entry_actor_idx", "audit_entry", ["actor", "at"])
    # Entries are only added; the one change that is allowed is their sealing.
    op.execute("""
        CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.seal IS NULL AND NEW.seal IS NOT NULL
               AND (to_jsonb(NEW) - 'seal' - 'hash') = (to_jsonb(OLD) - 'seal' - 'hash') THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'the audit trail is append-only';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_append_only()
    """)
    op.execute("""
        CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()
    """)


def downgrade() -> None:
    for table in ("audit_entry", "consumed_event", "consumer_offset", "outbox"):
        op.drop_table(table)
    op.execute("DROP FUNCTION audit_entry_append_only(); DROP FUNCTION outbox_notify()")
