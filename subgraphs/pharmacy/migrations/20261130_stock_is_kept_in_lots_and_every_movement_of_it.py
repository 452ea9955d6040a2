"""Stock is kept in lots, and every movement of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pharmacy_0005"
down_revision = "pharmacy_0004"
branch_labels = None
depends_on = None

_LOT_TRANSITIONS = """
    ('ACTIVE', 'QUARANTINED'), ('ACTIVE', 'EXPIRED'), ('ACTIVE', 'RECALLED'), ('ACTIVE', 'DEPLETED'),
    ('QUARANTINED', 'ACTIVE'), ('QUARANTINED', 'EXPIRED'), ('QUARANTINED', 'RECALLED'),
    ('EXPIRED', 'RECALLED'), ('DEPLETED', 'ACTIVE'), ('DEPLETED', 'RECALLED')
"""
_COUNT_TRANSITIONS = """
    ('OPEN', 'SUBMITTED'), ('OPEN', 'DISCARDED'), ('SUBMITTED', 'APPROVED'), ('SUBMITTED', 'DISCARDED')
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("location_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
    )
    op.create_table(
        "stock_count",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'APPROVED') = (approved_by IS NOT NULL)", name=op.f("stock_count_approved_check")
        ),
        sa.CheckConstraint(
            "status IN ('OPEN', 'DISCARDED') OR num_nulls(submitted_at, submitted_by) = 0",
            name=op.f("stock_count_submitted_check"),
        ),
        sa.CheckConstraint(
            "status IN ('OPEN', 'SUBMITTED', 'APPROVED', 'DISCARDED')", name=op.f("stock_count_status_check")
        ),
        sa.CheckConstraint("approved_by NOT IN (started_by, submitted_by)", name=op.f("stock_count_approver_check")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("stock_count_location_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_count_pkey")),
    )
    op.create_index("stock_count_location_idx", "stock_count", ["location_id", "id"], unique=False)
    op.create_index(
        "stock_count_open_key",
        "stock_count",
        ["location_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('OPEN', 'SUBMITTED')"),
    )
    op.create_table(
        "stock_item",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("minimum", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column("on_hand", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("usable", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("movements", sa.Integer(), nullable=False),
        sa.Column("low_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("out_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minimum >= 0", name=op.f("stock_item_minimum_check")),
        sa.CheckConstraint("on_hand >= 0 AND usable >= 0", name=op.f("stock_item_on_hand_check")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("stock_item_location_id_fkey")),
        sa.ForeignKeyConstraint(["medication_id"], ["medication.id"], name=op.f("stock_item_medication_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_item_pkey")),
        sa.UniqueConstraint("location_id", "medication_id", name=op.f("stock_item_location_id_medication_id_key")),
    )
    op.create_index(op.f("stock_item_medication_id_idx"), "stock_item", ["medication_id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_hand", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("medication_id"), "="),
            (sa.column("number"), "="),
            (sa.column("expires_on"), "<>"),
            using="gist",
            name="lot_expiry",
        ),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'QUARANTINED', 'EXPIRED', 'RECALLED', 'DEPLETED')", name=op.f("lot_status_check")
        ),
        sa.CheckConstraint("on_hand >= 0", name=op.f("lot_on_hand_check")),
        sa.CheckConstraint("reserved BETWEEN 0 AND on_hand", name=op.f("lot_reserved_check")),
        sa.ForeignKeyConstraint(["item_id"], ["stock_item.id"], name=op.f("lot_item_id_fkey")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("lot_location_id_fkey")),
        sa.ForeignKeyConstraint(["medication_id"], ["medication.id"], name=op.f("lot_medication_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("lot_pkey")),
        sa.UniqueConstraint("item_id", "number", name=op.f("lot_item_id_number_key")),
    )
    op.create_index(
        "lot_expires_on_idx", "lot", ["expires_on", "id"], unique=False, postgresql_where=sa.text("on_hand > 0")
    )
    op.create_index("lot_location_idx", "lot", ["location_id", "medication_id"], unique=False)
    op.create_table(
        "dispense_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispense_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("returned", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND returned BETWEEN 0 AND quantity", name=op.f("dispense_lot_quantity_check")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("dispense_lot_lot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("dispense_lot_pkey")),
        sa.UniqueConstraint("dispense_id", "lot_id", name=op.f("dispense_lot_dispense_id_lot_id_key")),
    )
    op.create_index("dispense_lot_lot_idx", "dispense_lot", ["lot_id", "id"], unique=False)
    op.create_index(op.f("dispense_lot_patient_id_idx"), "dispense_lot", ["patient_id"], unique=False)
    op.create_table(
        "stock_count_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("expected", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.CheckConstraint("counted >= 0 AND expected >= 0", name=op.f("stock_count_line_quantities_check")),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("stock_count_line_count_id_fkey")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("stock_count_line_lot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_count_line_pkey")),
        sa.UniqueConstraint("count_id", "lot_id", name=op.f("stock_count_line_count_id_lot_id_key")),
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("dispense_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("count_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(kind = 'COUNTED') = (count_id IS NOT NULL)", name=op.f("stock_movement_count_check")),
        sa.CheckConstraint(
            "(kind IN ('ADJUSTED', 'WASTED')) = (reason IS NOT NULL)", name=op.f("stock_movement_said_check")
        ),
        sa.CheckConstraint(
            "(kind IN ('DISPENSED', 'RETURNED')) = (dispense_id IS NOT NULL)",
            name=op.f("stock_movement_dispense_check"),
        ),
        sa.CheckConstraint(
            "(kind IN ('TRANSFER_OUT', 'TRANSFER_IN')) = (transfer_id IS NOT NULL)",
            name=op.f("stock_movement_transfer_check"),
        ),
        sa.CheckConstraint(
            "CASE WHEN kind IN ('RECEIVED', 'RETURNED', 'TRANSFER_IN') THEN quantity > 0 WHEN kind IN ('DISPENSED', 'WASTED', 'TRANSFER_OUT') THEN quantity < 0 ELSE quantity <> 0 END",
            name=op.f("stock_movement_quantity_check"),
        ),
        sa.CheckConstraint(
            "kind IN ('RECEIVED', 'DISPENSED', 'RETURNED', 'ADJUSTED', 'WASTED', 'TRANSFER_OUT', 'TRANSFER_IN', 'COUNTED')",
            name=op.f("stock_movement_kind_check"),
        ),
        sa.CheckConstraint(
            "reason IN ('EXPIRED', 'DAMAGED', 'RECALLED', 'NOT_COLLECTED', 'LOST', 'FOUND', 'ENTRY_ERROR', 'OTHER')",
            name=op.f("stock_movement_reason_check"),
        ),
        sa.CheckConstraint("witness_id <> account_id", name=op.f("stock_movement_witness_check")),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name=op.f("stock_movement_count_id_fkey")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("stock_movement_lot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_movement_pkey")),
        sa.UniqueConstraint(
            "location_id", "medication_id", "number", name=op.f("stock_movement_location_id_medication_id_number_key")
        ),
    )
    op.create_index(op.f("stock_movement_dispense_id_idx"), "stock_movement", ["dispense_id"], unique=False)
    op.create_index("stock_movement_location_idx", "stock_movement", ["location_id", "id"], unique=False)
    op.create_index("stock_movement_lot_idx", "stock_movement", ["lot_id", "id"], unique=False)
    op.create_index("stock_movement_medication_idx", "stock_movement", ["medication_id", "id"], unique=False)
    op.create_table(
        "stock_reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dispense_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("stock_reservation_quantity_check")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("stock_reservation_lot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_reservation_pkey")),
        sa.UniqueConstraint("dispense_id", "lot_id", name=op.f("stock_reservation_dispense_id_lot_id_key")),
    )
    op.create_index("stock_reservation_created_at_idx", "stock_reservation", ["created_at"], unique=False)
    op.create_index(op.f("stock_reservation_lot_id_idx"), "stock_reservation", ["lot_id"], unique=False)
    _keep_states("lot", _LOT_TRANSITIONS)
    _keep_states("stock_count", _COUNT_TRANSITIONS)
    _balance()
    _reserve()
    _append_only()


def _keep_states(table: str, transitions: str) -> None:
    """A row goes from one state to another only where that is foreseen."""
    op.execute(f"""
        CREATE FUNCTION {table}_transition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({transitions}) THEN
                RAISE EXCEPTION '% does not lead to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER {table}_transition BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION {table}_transition()
    """)


def _balance() -> None:
    """Balances are the sums of movements, and nothing else changes them. The item is locked before the lot, as services do."""
    op.execute("""
        CREATE FUNCTION stock_movement_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            since timestamptz;
            its_item uuid;
        BEGIN
            SELECT item_id, location_id, medication_id, received_at
            INTO STRICT its_item, NEW.location_id, NEW.medication_id, since FROM lot WHERE id = NEW.lot_id;
            IF NEW.occurred_at < since THEN
                RAISE EXCEPTION 'the lot was received later' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.kind IN ('ADJUSTED', 'WASTED') AND NEW.quantity < 0 AND NEW.witness_id IS NULL AND EXISTS (
                SELECT FROM medication WHERE id = NEW.medication_id AND schedule IS NOT NULL
            ) THEN
                RAISE EXCEPTION 'this takes a witness' USING ERRCODE = 'check_violation';
            END IF;
            UPDATE stock_item SET on_hand = on_hand + NEW.quantity, movements = movements + 1 WHERE id = its_item
            RETURNING movements, on_hand INTO STRICT NEW.number, NEW.balance;
            UPDATE lot SET on_hand = on_hand + NEW.quantity WHERE id = NEW.lot_id;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER stock_movement_balance BEFORE INSERT ON stock_movement
        FOR EACH ROW EXECUTE FUNCTION stock_movement_balance()
    """)
    op.execute("""
        CREATE FUNCTION lot_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION 'movements and reservations change balances' USING ERRCODE = 'check_violation';
            END IF;
            IF TG_TABLE_NAME = 'lot' THEN
                IF NEW.status = 'ACTIVE' AND NEW.on_hand = 0 THEN
                    NEW.status := 'DEPLETED';
                ELSIF NEW.status = 'DEPLETED' AND NEW.on_hand > 0 THEN
                    NEW.status := 'ACTIVE';
                END IF;
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER lot_balance BEFORE UPDATE ON lot FOR EACH ROW
        WHEN (OLD.on_hand <> NEW.on_hand OR OLD.reserved <> NEW.reserved) EXECUTE FUNCTION lot_balance()
    """)
    op.execute("""
        CREATE TRIGGER lot_begins_empty BEFORE INSERT ON lot FOR EACH ROW
        WHEN (NEW.on_hand <> 0 OR NEW.reserved <> 0) EXECUTE FUNCTION lot_balance()
    """)
    op.execute("""
        CREATE TRIGGER stock_item_balance BEFORE UPDATE ON stock_item FOR EACH ROW
        WHEN (OLD.on_hand <> NEW.on_hand OR OLD.movements <> NEW.movements) EXECUTE FUNCTION lot_balance()
    """)
    op.execute("""
        CREATE TRIGGER stock_item_begins_empty BEFORE INSERT ON stock_item FOR EACH ROW
        WHEN (NEW.on_hand <> 0 OR NEW.movements <> 0) EXECUTE FUNCTION lot_balance()
    """)


def _reserve() -> None:
    """What is reserved of a lot is the sum of its reservations, which come and go and never change."""
    op.execute("""
        CREATE FUNCTION stock_reservation_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                UPDATE lot SET reserved = reserved + NEW.quantity WHERE id = NEW.lot_id;
            ELSIF TG_OP = 'DELETE' THEN
                UPDATE lot SET reserved = reserved - OLD.quantity WHERE id = OLD.lot_id;
            ELSE
                RAISE EXCEPTION 'reservations do not change' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER stock_reservation_balance AFTER INSERT OR UPDATE OR DELETE ON stock_reservation
        FOR EACH ROW EXECUTE FUNCTION stock_reservation_balance()
    """)
    op.execute("""
        CREATE TRIGGER stock_reservation_no_truncate BEFORE TRUNCATE ON stock_reservation
        FOR EACH STATEMENT EXECUTE FUNCTION stock_reservation_balance()
    """)


def _append_only() -> None:
    op.execute("""
        CREATE FUNCTION stock_movement_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'movements of stock are append-only';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER stock_movement_append_only BEFORE UPDATE OR DELETE ON stock_movement
        FOR EACH ROW EXECUTE FUNCTION stock_movement_append_only()
    """)
    op.execute("""
        CREATE TRIGGER stock_movement_no_truncate BEFORE TRUNCATE ON stock_movement
        FOR EACH STATEMENT EXECUTE FUNCTION stock_movement_append_only()
    """)


def downgrade() -> None:
    op.drop_index(op.f("stock_reservation_lot_id_idx"), table_name="stock_reservation")
    op.drop_index("stock_reservation_created_at_idx", table_name="stock_reservation")
    op.drop_table("stock_reservation")
    op.drop_index("stock_movement_medication_idx", table_name="stock_movement")
    op.drop_index("stock_movement_lot_idx", table_name="stock_movement")
    op.drop_index("stock_movement_location_idx", table_name="stock_movement")
    op.drop_index(op.f("stock_movement_dispense_id_idx"), table_name="stock_movement")
    op.drop_table("stock_movement")
    op.drop_table("stock_count_line")
    op.drop_index(op.f("dispense_lot_patient_id_idx"), table_name="dispense_lot")
    op.drop_index("dispense_lot_lot_idx", table_name="dispense_lot")
    op.drop_table("dispense_lot")
    op.drop_index("lot_location_idx", table_name="lot")
    op.drop_index("lot_expires_on_idx", table_name="lot", postgresql_where=sa.text("on_hand > 0"))
    op.drop_table("lot")
    op.drop_index(op.f("stock_item_medication_id_idx"), table_name="stock_item")
    op.drop_table("stock_item")
    op.drop_index(
        "stock_count_open_key", table_name="stock_count", postgresql_where=sa.text("status IN ('OPEN', 'SUBMITTED')")
    )
    op.drop_index("stock_count_location_idx", table_name="stock_count")
    op.drop_table("stock_count")
    op.drop_table("account")
    for function in (
        "stock_movement_append_only",
        "stock_reservation_balance",
        "lot_balance",
        "stock_movement_balance",
        "stock_count_transition",
        "lot_transition",
    ):
        op.execute(f"DROP FUNCTION {function}()")
