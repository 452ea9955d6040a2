"""Patients are found as people type."""

import sqlalchemy as sa
from alembic import op

revision = "patients_0009"
down_revision = "patients_0008"
branch_labels = None
depends_on = None

# `unaccent` is only stable, since its rules are a file of the server's; they change with PostgreSQL's major versions at most.
_SEARCH_FORM = r"""
    CREATE FUNCTION search_form(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        form text := normalize(regexp_replace($1, '[''`\u00b4\u00b7\u02bc\u2019]', '', 'g'), NFKD);
        asia constant text := '[\u1100-\u11ff\u3005-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]';
    BEGIN
        form := lower(public.unaccent('public.unaccent', regexp_replace(form, '[\u0300-\u036f]', '', 'g')));
        form := regexp_replace(form, '[[\:space\:][\:punct\:][\:cntrl\:]]+', ' ', 'g');
        IF form ~ '[^\u0001-\u007f]' THEN
            form := translate(form, 'абвгдежзиклмнопрстуфхцчшщыэюяіјєґђљњћџѕ' || 'αβγδεζηθικλμνξοπρσςτυφχψω' || 'ъь',
                'abvgdejziklmnoprstufhc46wyeqxijegdlncds' || 'abgdezhqiklmnxoprsstufcyw');
            form := regexp_replace(form, '(?<=' || asia || ') (?=' || asia || ')', '', 'g');
            form := (
                SELECT string_agg(CASE WHEN letter ~ '[^\u0001-\u007f]' THEN 'X' || to_hex(ascii(letter)) ELSE letter END,
                    '' ORDER BY place)
                FROM regexp_split_to_table(form, '') WITH ORDINALITY AS letters (letter, place)
            );
        END IF;
        RETURN btrim(regexp_replace(form, '([aou])e', '\1', 'g'));
    END $$
"""

_CONTACT_SEARCH = r"""
    CREATE FUNCTION contact_search(jsonb) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_agg(' ' || CASE
            WHEN point->>'system' IN ('phone', 'sms', 'fax')
                THEN regexp_replace(replace(split_part(lower(point->>'value'), ';', 1), '(0)', ''), '\D', '', 'g')
            ELSE lower(point->>'value') END || ' ', ''), '')
        FROM jsonb_array_elements($1) AS points (point)
    )
"""

_NEW = (
    "' ' || search_form(family || ' ' || immutable_join(given) || ' ' || family || coalesce(' ' || prefix, '')"
    " || coalesce(' ' || suffix, '') || ' ' || CAST(jsonb_path_query_array(other_names, '$[*].family') AS text)"
    " || ' ' || CAST(jsonb_path_query_array(other_names, '$[*].given[*]') AS text))"
)
_OLD = (
    "lower(family || ' ' || immutable_join(given) || ' ' || "
    "CAST(jsonb_path_query_array(other_names, '$[*].family') AS text))"
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute(_SEARCH_FORM)
    op.execute(_CONTACT_SEARCH)
    op.execute(f"ALTER TABLE patient ALTER COLUMN search_text SET EXPRESSION AS ({_NEW})")
    op.add_column(
        "patient",
        sa.Column(
            "name_search",
            sa.String(),
            sa.Computed(
                "' ' || search_form(family || ' ' || immutable_join(given) || ' ' || family || coalesce(' ' || prefix, '') || coalesce(' ' || suffix, ''))",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.add_column(
        "patient",
        sa.Column(
            "contact_search", sa.String(), sa.Computed("contact_search(contact_points)", persisted=True), nullable=False
        ),
    )
    op.drop_index(
        op.f("patient_name_text_idx"),
        table_name="patient",
        postgresql_ops={"name_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.create_index(
        "patient_contact_search_idx",
        "patient",
        ["contact_search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"contact_search": "gin_trgm_ops"},
    )
    op.create_index(
        "patient_name_search_idx",
        "patient",
        ["name_search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.execute(f"ALTER TABLE patient ALTER COLUMN search_text SET EXPRESSION AS ({_OLD})")
    op.drop_index(
        "patient_name_search_idx",
        table_name="patient",
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.drop_index(
        "patient_contact_search_idx",
        table_name="patient",
        postgresql_using="gin",
        postgresql_ops={"contact_search": "gin_trgm_ops"},
    )
    op.create_index(
        op.f("patient_name_text_idx"),
        "patient",
        ["name_text"],
        unique=False,
        postgresql_ops={"name_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.drop_column("patient", "contact_search")
    op.drop_column("patient", "name_search")
    op.execute("DROP FUNCTION contact_search")
    op.execute("DROP FUNCTION search_form")
    op.execute("DROP EXTENSION unaccent")
