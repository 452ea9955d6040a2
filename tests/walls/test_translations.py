"""Every sentence that people may be told has a translation into each language that there is."""

from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

from shared.errors import Problem
from shared.translations import Translations
from stack.services import SUBGRAPHS

ROOT = Path(__file__).parents[2]
SERVICES = [import_module(each.module).service for each in SUBGRAPHS]
TRANSLATIONS = Translations([ROOT / "shared", *(service.package for service in SERVICES)])


@pytest.mark.parametrize("language", [each for each in TRANSLATIONS.languages if each != "en"])
def test_no_sentence_is_missing(language: str) -> None:
    missing = [each.message for each in Problem.known.values() if not TRANSLATIONS.has(language, each.message)]
    assert not missing, f"locale/{language}.po of the package whose sentences these are lacks them: {missing}"


def test_german_is_there() -> None:
    assert "de" in TRANSLATIONS.languages


@pytest.mark.parametrize("language", TRANSLATIONS.languages)
def test_a_translation_speaks_of_the_same_values(language: str) -> None:
    for problem in Problem.known.values():
        names = {name for _, name, _, _ in Formatter().parse(problem.message) if name}
        said = TRANSLATIONS.sentence(language, problem.message, {name: f"<{name}>" for name in names})
        assert all(f"<{name}>" in said for name in names), said
