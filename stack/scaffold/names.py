"""The names of a domain and its entity, in each form in which the scaffold has them."""

import keyword
import re
from dataclasses import dataclass

from stack.errors import StackError

_PACKAGE, _TESTS = "stack.scaffold.newdomain", "tests.scaffold"


@dataclass(frozen=True, slots=True)
class Names:
    """`domain` is one word, such as rooms; `entity` is in Pascal case, such as Room. StackError if they are not."""

    domain: str
    entity: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]+", self.domain) or keyword.iskeyword(self.domain):
            raise StackError(f"{self.domain!r} names no domain: use one lower-case word, such as rooms")
        if not re.fullmatch(r"([A-Z][a-z]+)+", self.entity):
            raise StackError(f"{self.entity!r} names no entity: use Pascal case, such as Room or CleaningRound")

    def applied(self, text: str) -> str:
        """The scaffold's text with these names."""
        for placeholder, name in self._replacements():
            text = text.replace(placeholder, name)
        return text

    def _replacements(self) -> list[tuple[str, str]]:
        """Longer placeholders first where one is part of another."""
        replacements = [(_PACKAGE, f"subgraphs.{self.domain}"), (_TESTS, f"tests.{self.domain}")]
        replacements += [("newdomain", self.domain), ("Newdomain", self.domain.capitalize())]
        words = re.findall("[A-Z][a-z]+", self.entity)
        forms = [(_forms(["New", "Entities"]), _forms([*words[:-1], plural(words[-1])]))]
        forms += [(_forms(["New", "Entity"]), _forms(words))]
        return replacements + [pair for ours, theirs in forms for pair in zip(ours, theirs, strict=True)]


def plural(word: str) -> str:
    """By the rules of English that have no exceptions worth a dictionary."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(s|x|z|ch|sh)$", word) else f"{word}s"


def _forms(words: list[str]) -> tuple[str, ...]:
    """NewEntity, newEntity, new_entity, NEW_ENTITY, new-entity, new entity, New entity."""
    lower = [word.lower() for word in words]
    pascal, spaced = "".join(words), " ".join(lower)
    camel, snake = pascal[0].lower() + pascal[1:], "_".join(lower)
    return pascal, camel, snake, snake.upper(), "-".join(lower), spaced, spaced.capitalize()
