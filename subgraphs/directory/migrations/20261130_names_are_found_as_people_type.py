"""Names are found as people type."""

import sqlalchemy as sa
from alembic import op

revision = "directory_0007"
down_revision = "directory_0006"
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


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    op.execute(_SEARCH_FORM)
    op.add_column(
        "location",
        sa.Column(
            "name_search",
            sa.String(),
            sa.Computed("' ' || search_form(coalesce(name, ''))", persisted=True),
            nullable=False,
        ),
    )
    op.drop_index(
        op.f("location_search_text_idx"),
        table_name="location",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.create_index(
        "location_name_search_idx",
        "location",
        ["name_search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.add_column(
        "organization",
        sa.Column("name_search", sa.String(), sa.Computed("' ' || search_form(name)", persisted=True), nullable=False),
    )
    op.drop_index(
        op.f("organization_search_text_idx"),
        table_name="organization",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.create_index(
        "organization_name_search_idx",
        "organization",
        ["name_search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.add_column(
        "practitioner",
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
    op.drop_index(
        op.f("practitioner_search_text_idx"),
        table_name="practitioner",
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.create_index(
        "practitioner_name_search_idx",
        "practitioner",
        ["name_search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_index(
        "practitioner_name_search_idx",
        table_name="practitioner",
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.create_index(
        op.f("practitioner_search_text_idx"),
        "practitioner",
        ["search_text"],
        unique=False,
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.drop_column("practitioner", "name_search")
    op.drop_index(
        "organization_name_search_idx",
        table_name="organization",
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.create_index(
        op.f("organization_search_text_idx"),
        "organization",
        ["search_text"],
        unique=False,
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.drop_column("organization", "name_search")
    op.drop_index(
        "location_name_search_idx",
        table_name="location",
        postgresql_using="gin",
        postgresql_ops={"name_search": "gin_trgm_ops"},
    )
    op.create_index(
        op.f("location_search_text_idx"),
        "location",
        ["search_text"],
        unique=False,
        postgresql_ops={"search_text": "gin_trgm_ops"},
        postgresql_using="gin",
    )
    op.drop_column("location", "name_search")
    op.execute("DROP FUNCTION search_form")
    op.execute("DROP EXTENSION unaccent")
