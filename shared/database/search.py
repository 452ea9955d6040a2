"""Search by names as people type them: accents, case, script's variants, punctuation and the order of words say nothing.

The database has the function `search_form` in migrations of who searches: of a text what is the same however it is spelt, in
ASCII, since trigrams of other letters depend on the server's locale. `Müller`, `Mueller` and `MULLER` have one form. Cyrillic
and Greek letters become a Latin one each, any other letter `X` and its code point in hexadecimal digits, so that even a
single Chinese character has trigrams; there is no space between those of East Asia.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Computed, Index, String, bindparam, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

MAXIMUM_WORDS = 12

# The name of a row with FHIR's parts of one: family name last too, since in East Asia all is written in one.
NAME = "family || ' ' || immutable_join(given) || ' ' || family || coalesce(' ' || prefix, '') || coalesce(' ' || suffix, '')"

_WITHIN_WORDS = frozenset("'`\u00b4\u00b7\u02bc\u2019")
_FIRST_ENCODED = "\u0530"  # behind Latin, Greek and Cyrillic


def searched(expression: str) -> Computed:
    """The form of a text, kept by the database; before each word is a space."""
    return Computed(f"' ' || search_form({expression})", persisted=True)


def search_index(table: str, column: str) -> Index:
    return Index(f"{table}_{column}_idx", column, postgresql_using="gin", postgresql_ops={column: "gin_trgm_ops"})


def words(search: str) -> list[str]:
    """What must all be found, as it is typed; none of what is no name."""
    spaced = "".join(each if _is_of_a_word(each) else " " for each in search)
    found = dict.fromkeys(word for word in spaced.split() if any(map(str.isalnum, word)))
    return [*found][:MAXIMUM_WORDS]


def says(text: Any, wanted: Sequence[str]) -> list[ColumnElement[bool]]:
    """Whether a `searched` column has each of some words, or words much like it (pg_trgm's word similarity).

    One or two letters are a word's beginning. Numbers, and words of scripts whose letters are encoded, are as they are typed.
    """
    return [_says(text, word) for word in wanted]


def _says(text: Any, word: str) -> ColumnElement[bool]:
    # Subqueries are evaluated once, not once a row.
    form = select(func.nullif(func.search_form(bindparam(None, word, String)), "").label("form")).subquery()
    start = case((func.length(form.c.form) < 3, "% "), else_="%")
    contained = text.like(select(start + form.c.form + "%").scalar_subquery())
    if any(each >= _FIRST_ENCODED or each.isdigit() for each in unicodedata.normalize("NFKD", word)):
        return contained  # type: ignore[no-any-return]
    return or_(contained, text.bool_op("%>")(select(form.c.form).scalar_subquery()))


def _is_of_a_word(character: str) -> bool:
    return character in _WITHIN_WORDS or unicodedata.category(character)[0] in "LMN"
