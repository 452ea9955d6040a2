"""The types of a compiled plan, as source: msgspec structs for the objects of each position, and for the patches of fetches."""

import keyword
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLOutputType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from router.execution.layout import Attribute, ObjectLayout, Patch, Unsupported
from router.planning.graph import TYPENAME

_EXACT = frozenset(("Boolean", "Int", "Float", "ID"))


@dataclass(frozen=True, slots=True)
class PatchStruct:
    """The type of a patch. `kept`: the attributes that matter, by name in the code; `inner`: the patches within some."""

    kind: str
    kept: Mapping[str, Attribute]
    inner: Mapping[str, "PatchStruct"]
    definite: bool


class Structs:
    """Writes types. `lines` is their source, `taken` the names of the module."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.lines: list[str] = []
        self._taken = set(taken)
        self._positions: dict[int, str] = {}
        self._patches: dict[tuple[str, ...], str] = {}
        self._names: dict[int, dict[str, str]] = {}

    def unique(self, name: str) -> str:
        """A name of the module that no other has."""
        made, number = name, 0
        while made in self._taken:
            number += 1
            made = f"{name}_{number}"
        self._taken.add(made)
        return made

    def names(self, position: ObjectLayout) -> dict[str, str]:
        """The identifiers of a position's attributes, by key."""
        if id(position) not in self._names:
            self._names[id(position)] = _identifiers(position.attributes)
        return self._names[id(position)]

    def write(self, name: str, fields: Iterable[str], keys: Mapping[str, str] | None = None) -> str:
        """A struct. `keys`: the JSON keys of its fields, where they are not their names."""
        renamed = {name: key for name, key in (keys or {}).items() if name != key}
        options = f", rename={renamed!r}" if renamed else ""
        self.lines += ["", f"class {name}(Struct, kw_only=True, gc=False{options}):"]
        self.lines += [f"    {field}" for field in fields] or ["    pass"]
        return name

    def write_position(self, position: ObjectLayout) -> None:
        """The objects of a position: the client's fields in the response's order, then what the router needs."""
        shown = [one for one in position.attributes.values() if one.fields]
        kept = shown + [one for one in position.attributes.values() if one.used and not one.fields]
        names = self.names(position)
        name = self._positions[id(position)] = self.unique("_".join(key[:1].upper() + key[1:] for key in position.path))
        fields = [f"{names[one.key]}: {self._declaration(position, one)}" for one in kept]
        self.write(name, fields, {names[one.key]: one.key for one in kept})

    def patch(self, position: ObjectLayout, patch: Patch, name: str) -> PatchStruct:
        """The type of a patch of the objects of a position. Equal ones are one."""
        inner = {
            key: self.patch(patch.attributes[key].child or position, one, name) for key, one in patch.inner.items()
        }
        kept = {key: one for key, one in patch.attributes.items() if _matters(one, inner.get(key))}
        names = _identifiers(kept)
        default = "" if patch.definite else " = UNSET"
        fields = []
        for key, one in kept.items():
            of = inner[key].kind if key in inner else ""
            fields.append(f"{names[key]}: {self.annotation(position, one, of)}{default}")
        shape = (*fields, repr(names))
        if shape not in self._patches:
            self._patches[shape] = self.write(self.unique(name), fields, {names[key]: key for key in kept})
        found = {names[key]: one for key, one in kept.items()}
        return PatchStruct(
            self._patches[shape], found, {names[key]: inner[key] for key in kept if key in inner}, patch.definite
        )

    def annotation(self, position: ObjectLayout, one: Attribute, of: str = "") -> str:
        """The type of an attribute's values; `of`: that of its objects, if it is not the position's."""
        if one.key == TYPENAME:
            return "str" if position.hidden else _literal(position.types)
        texts = {self._type(kind, one, of) for kind in one.kinds.values()}
        if len(texts) > 1:
            texts = {f"{text.removesuffix(' | None')} | None" for text in texts}
        if len(texts) > 1 and not one.fields and one.child is None:
            return "Any"
        if len(texts) != 1:
            raise Unsupported("one key for values of several kinds")
        return texts.pop()

    def _declaration(self, position: ObjectLayout, one: Attribute) -> str:
        if any(field.name == TYPENAME for field in one.fields):
            if any(field.name != TYPENAME for field in one.fields):
                raise Unsupported("a type name and a field under one key")
            if position.single is not None:
                return f"{_literal((position.single,))} = {position.single!r}"
            if one.key != TYPENAME:
                return "Any = UNSET"
        if not one.assigned:
            if position.single is None:
                return "Any = UNSET"
            if not one.nullable:
                raise Unsupported("a non-null field that nobody is asked for")
            return "Any = None"
        default = "" if one.in_place and one.definite else " = UNSET"
        return self.annotation(position, one) + default

    def _type(self, kind: GraphQLOutputType, one: Attribute, of: str) -> str:
        if is_non_null_type(kind):
            return _present(self._type(kind.of_type, one, of))
        if is_list_type(kind):
            return f"list[{self._type(kind.of_type, one, of)}] | None"
        if is_composite_type(kind):
            return f"{of or self._positions[id(one.child)]} | None"
        if isinstance(kind, GraphQLEnumType):
            return f"{_literal(kind.values) if one.fields else 'str'} | None"
        name = get_named_type(kind).name
        if name in _EXACT or one.used or one.reassigned:
            return f"{'Scalar' if name in _EXACT or name == 'String' else 'Value'} | None"
        return "Raw"


def _present(text: str) -> str:
    """The same type without null."""
    return "Value" if text == "Raw" else text.removesuffix(" | None")


def _matters(one: Attribute, patch: PatchStruct | None) -> bool:
    """Whether objects that are there already lack something that a patch has."""
    if patch is not None:
        return bool(patch.kept)
    seen = one.used or any(field.name != TYPENAME for field in one.fields)
    return seen and not (one.in_place and one.definite)


def _literal(values: Iterable[str]) -> str:
    return f"Literal[{', '.join(map(repr, sorted(values)))}]"


def _identifiers(keys: Iterable[str]) -> dict[str, str]:
    """A Python identifier for each key, the key itself where it is one."""
    made: dict[str, str] = {}
    for key in keys:
        name = f"{key.strip('_')}_" if key.startswith("__") or keyword.iskeyword(key) else key
        while name in made.values():
            name += "_"
        made[key] = name
    return made


def lists(kinds: Iterable[GraphQLOutputType]) -> int:
    """How many lists are around the values of these types. Raises Unsupported if they differ."""
    depths = set(map(_depth, kinds))
    if len(depths) != 1:
        raise Unsupported("a list and no list under one key")
    return depths.pop()


def _depth(kind: GraphQLOutputType) -> int:
    if is_list_type(kind):
        return 1 + _depth(kind.of_type)
    return _depth(kind.of_type) if is_non_null_type(kind) else 0


def is_key(annotation: str) -> bool:
    """Whether values of this type can be told apart by their hash."""
    return annotation.removesuffix(" | None") in ("Scalar", "str") or annotation.startswith("Literal")
