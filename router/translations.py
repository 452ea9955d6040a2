"""The router's own sentences in the languages that people read: gettext catalogues, `locale/<language>.po`.

Errors are made in English, wherever they happen; `gettext_noop` marks those sentences for the catalogues. Where a response
is written, `translated` puts them into the client's language. Codes are the same in every language. What subgraphs say is
theirs to translate.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from router.cache import remembered
from shared.translations import DEFAULT_LANGUAGE, Translations

TRANSLATIONS = Translations([Path(__file__).parent])


def gettext_noop(sentence: str) -> str:
    """The sentence itself, whose catalogue entry takes the values in braces."""
    return sentence


@remembered(256)
def language_of(accept_language: str | None) -> str:
    """The language of an answer to a client with this `Accept-Language` (RFC 9110, section 12.5.4)."""
    return DEFAULT_LANGUAGE if accept_language is None else TRANSLATIONS.negotiate(accept_language)


def translated(errors: Sequence[dict[str, Any]], accept_language: str | None) -> list[dict[str, Any]]:
    """GraphQL errors with the router's sentences in the client's language."""
    language = language_of(accept_language)
    if language == DEFAULT_LANGUAGE:
        return list(errors)
    return [{**error, "message": _sentence(language, str(error.get("message", "")))} for error in errors]


def _sentence(language: str, english: str) -> str:
    for pattern, template in _patterns(language):
        if found := pattern.fullmatch(english):
            return template.format(**found.groupdict())
    return english


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """What an English sentence looks like with its values, and the translation that takes them."""
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(english)), re.DOTALL), template)
        for english, template in TRANSLATIONS.catalogue(language).items()
    ]
