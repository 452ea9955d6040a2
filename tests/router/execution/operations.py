"""Random valid operations against a schema."""

import random

from graphql import (
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    validate,
)
from graphql.validation import OverlappingFieldsCanBeMergedRule, PossibleFragmentSpreadsRule

MAY_FAIL = (OverlappingFieldsCanBeMergedRule, PossibleFragmentSpreadsRule)
ALIASES = ("id", "sku", "f0", "title", "a", "b")


class Operations:
    """Makes operations from random numbers. `variables` are Booleans for @skip and @include."""

    def __init__(self, schema: GraphQLSchema, rng: random.Random) -> None:
        self.schema = schema
        self.rng = rng
        self.fields = 0

    def operation(self) -> tuple[str, dict[str, object]]:
        """A query's text and its variables."""
        query_type = self.schema.query_type
        assert query_type is not None
        for _ in range(20):
            self.fields = 0
            aliases = self.rng.random() < 0.5
            body = self._selection(query_type, self.rng.randint(2, 5), aliases)
            text = f"query Q($on: Boolean!, $off: Boolean!, $s: String) {body}"
            used = [name for name in ("on", "off", "s") if f"${name}" in body]
            definitions = ", ".join(f"${name}: {'String' if name == 's' else 'Boolean!'}" for name in used)
            text = f"query Q{f'({definitions})' if used else ''} {body}"
            if not validate(self.schema, parse(text), MAY_FAIL):
                values = {"on": self.rng.random() < 0.7, "off": self.rng.random() < 0.7, "s": "v"}
                return text, {name: values[name] for name in used}
        return "{ __typename }", {}

    def _selection(self, kind: GraphQLNamedType, depth: int, aliases: bool) -> str:
        names = list(getattr(kind, "fields", {}))
        chosen = self.rng.sample(names, min(len(names), self.rng.randint(1, 4)))
        parts = [made for name in chosen if (made := self._field(kind, name, depth, aliases)) is not None]
        if self.rng.random() < 0.2 or not parts:
            parts.append(self.rng.choice(["__typename", "kind: __typename"]))
        if depth > 0 and (is_abstract_type(kind) or self.rng.random() < 0.15):
            parts += self._fragments(kind, depth, aliases)
        self.rng.shuffle(parts)
        return "{ " + " ".join(parts) + " }"

    def _fragments(self, kind: GraphQLNamedType, depth: int, aliases: bool) -> list[str]:
        possible = list(self.schema.get_possible_types(kind)) if is_abstract_type(kind) else [kind]
        others = [
            one
            for one in self.schema.type_map.values()
            if is_abstract_type(one) and set(self.schema.get_possible_types(one)) & set(possible)
        ]
        chosen = self.rng.sample([*possible, *others], min(len(possible) + len(others), self.rng.randint(1, 3)))
        return [f"... on {one.name}{self._condition()} {self._selection(one, depth - 1, aliases)}" for one in chosen]

    def _field(self, kind: GraphQLNamedType, name: str, depth: int, aliases: bool) -> str | None:
        definition = kind.fields[name]  # type: ignore[attr-defined]
        value = get_named_type(definition.type)
        self.fields += 1
        if self.fields > 60:
            return None
        alias = f"{self.rng.choice(ALIASES)}: " if aliases and self.rng.random() < 0.12 else ""
        argument = ""
        if "x" in definition.args and self.rng.random() < 0.7:
            argument = self.rng.choice(['(x: "1")', '(x: "r")', "(x: $s)"])
        head = f"{alias}{name}{argument}{self._condition()}"
        if not is_composite_type(value):
            return head
        if depth <= 0:
            return None
        return f"{head} {self._selection(value, depth - 1, aliases)}"

    def _condition(self) -> str:
        if self.rng.random() > 0.12:
            return ""
        return self.rng.choice(
            [" @include(if: $on)", " @skip(if: $off)", " @include(if: $off)", " @skip(if: $on) @include(if: $off)"]
        )
