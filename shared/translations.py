"""Sentences in the languages that people read: gettext catalogues, one file a language, through babel.

A package keeps its own in `locale/<language>.po`, by the English sentence. English needs no file.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel.core import negotiate_locale
from babel.messages.pofile import read_po

DEFAULT_LANGUAGE = "en"


class Translations:
    """The catalogues of some packages' folders."""

    def __init__(self, packages: Iterable[Path]) -> None:
        self._sentences: dict[str, dict[str, str]] = {DEFAULT_LANGUAGE: {}}
        for file in sorted(file for package in packages for file in (package / "locale").glob("*.po")):
            self._sentences.setdefault(file.stem, {}).update(_catalogue(file))

    @property
    def languages(self) -> list[str]:
        """The languages that there are (BCP 47)."""
        return sorted(self._sentences)

    def negotiate(self, accept_language: str) -> str:
        """The best of the languages for an `Accept-Language` (RFC 9110 section 12.5.4), or the default."""
        wanted = sorted(map(_weighted, accept_language[:200].split(",")), key=lambda item: -item[1])
        tags = [tag for tag, weight in wanted if weight > 0]
        return negotiate_locale(tags, self.languages, sep="-") or DEFAULT_LANGUAGE

    def catalogue(self, language: str) -> Mapping[str, str]:
        """The sentences of a language by the English ones; none of the default."""
        return self._sentences[language]

    def has(self, language: str, message: str) -> bool:
        """Whether a sentence is there in a language."""
        return message in self._sentences.get(language, {})

    def sentence(self, language: str, message: str, parameters: Mapping[str, Any]) -> str:
        """A sentence with its parameters."""
        text = self._sentences.get(language, {}).get(message) or message
        return Formatter().vformat(text, (), parameters)


@cache
def _catalogue(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        return {str(entry.id): str(entry.string) for entry in read_po(opened) if entry.id and entry.string}


def _weighted(item: str) -> tuple[str, float]:
    tag, _, quality = item.strip().partition(";q=")
    try:
        return tag, float(quality) if quality else 1.0
    except ValueError:
        return tag, 0.0
