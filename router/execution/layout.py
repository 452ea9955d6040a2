"""Where the values of a response come from: the objects at each position, and what each fetch adds to them.

The first half of compiling a plan. `Unsupported` is raised for the few plans that are only interpreted.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
    parse,
)

from router.planning.conditions import condition_of, holds
from router.planning.graph import TYPENAME
from router.planning.normalize import SelectedField, Selection
from router.planning.plan import Entities, Fetch, InputField, Path, QueryPlan, Rename, Representation, Source
from router.supergraph.records import Supergraph


class Unsupported(Exception):
    """The plan is only interpreted. The message says why."""


@dataclass(frozen=True)
class _Assignment:
    """One time that a fetch assigns something.

    `types`: of which types the objects on the way to it must be, from the root to the one that gets it; None for any.
    """

    renames: tuple[Rename, ...]
    types: tuple[frozenset[str] | None, ...]

    @property
    def everywhere(self) -> bool:
        """Whether all objects get it."""
        return all(types is None for types in self.types)

    @property
    def within(self) -> "_Assignment":
        """The same for the objects within what is assigned."""
        return replace(self, types=(*self.types, None))

    def narrowed(self, position: "ObjectLayout", one: "OperationField") -> "_Assignment":
        """The same for one field of the objects, which only some of them may get."""
        known = self.types[-1]
        if one.types is None or one.types >= (position.types if known is None else known):
            return self
        return replace(self, types=(*self.types[:-1], one.types if known is None else one.types & known))

    def apart(self, other: "_Assignment") -> bool:
        """Whether no object gets both."""
        return any(
            one is not None and two is not None and not one & two
            for one, two in zip(self.types, other.types, strict=False)
        )


@dataclass(eq=False)
class Attribute:
    """A field of the objects at a position, by its key in the router's data. Without `fields` the client does not see it.

    `kinds` are its types, by that of the object. `assignments`: the fetches that do; `in_place`: the one of the objects does.
    `definite`: they have it once their requests are done, whatever their type. `used`: the router needs it itself.
    """

    key: str
    fields: list[SelectedField] = field(default_factory=list)
    child: "ObjectLayout | None" = None
    kinds: dict[str, GraphQLOutputType] = field(default_factory=dict)
    assignments: list["_Assignment"] = field(default_factory=list)
    in_place: bool = False
    definite: bool = False
    used: bool = False

    @property
    def assigned(self) -> bool:
        """Whether a fetch assigns it."""
        return bool(self.assignments)

    @property
    def reassigned(self) -> bool:
        """Whether several fetches assign it."""
        return len(self.assignments) > 1

    @property
    def nullable(self) -> bool:
        """Whether it may be null for objects of some type."""
        return not all(is_non_null_type(kind) for kind in self.kinds.values())


@dataclass(eq=False)
class ObjectLayout:
    """The objects at a response position (GraphQL, section 7; lists gone through), which may be of any of these types.

    `abstract`: a subgraph may give others, which the client does not see. `hidden`: the client sees none of them.
    """

    path: tuple[str, ...]
    types: frozenset[str]
    abstract: bool = False
    hidden: bool = False
    attributes: dict[str, Attribute] = field(default_factory=dict)

    @property
    def single(self) -> str | None:
        """The type, if there is just one."""
        return next(iter(self.types)) if len(self.types) == 1 else None

    def below(self) -> Iterator["ObjectLayout"]:
        """It and all positions below it that matter."""
        yield self
        for attribute in self.attributes.values():
            if attribute.child is not None and attribute.assigned and (attribute.fields or attribute.used):
                yield from attribute.child.below()


@dataclass(frozen=True)
class Patch:
    """What a fetch adds to objects that are there already, or to the root: attributes by their key in its response.

    `inner`: what it adds to objects within them that are there already, too. `definite`: it adds all of that, whatever the
    type of the object.
    """

    attributes: Mapping[str, Attribute]
    inner: Mapping[str, "Patch"]
    definite: bool


@dataclass(frozen=True)
class OperationField:
    """A field of a fetch's operation.

    `definite`: it is asked for of all objects. `types`: else of these; None if that does not depend on their type alone.
    """

    name: str
    definite: bool
    types: frozenset[str] | None
    selection: "dict[str, OperationField] | None"


class ResponseLayout:
    """The positions of an operation's response for one choice of what its conditions depend on."""

    def __init__(
        self, supergraph: Supergraph, plan: QueryPlan, selection: Selection, variables: Mapping[str, Any]
    ) -> None:
        self.supergraph = supergraph
        self.variables = variables
        self.root = self._position((), selection)
        self.patches: dict[tuple[int, int], Patch] = {}
        """By fetch and, of an entity fetch, source (both by identity)."""
        for fetch in plan.fetches():
            if holds(fetch.condition, variables):
                self._assign_fetch(fetch)
        for position in self.root.below():
            if not position.hidden:
                self._use_types(position)

    # What the client asked

    def _position(self, path: tuple[str, ...], selection: Selection, *, abstract: bool = False) -> ObjectLayout:
        position = ObjectLayout(path, selection.types, abstract)
        for one in selection.fields:
            if not holds(one.condition, self.variables):
                continue
            if one.name.startswith("__") and one.name != TYPENAME:
                raise Unsupported("introspection")
            attribute = position.attributes.setdefault(one.key, Attribute(one.key))
            attribute.fields.append(one)
            if one.name != TYPENAME:
                attribute.kinds |= _kinds(self.supergraph.api_schema, one.types, one.name)
            if one.selection is not None:
                if attribute.child is not None:
                    raise Unsupported("selections that differ by type under one key")
                open_ended = any(is_abstract_type(get_named_type(kind)) for kind in attribute.kinds.values())
                attribute.child = self._position((*path, one.key), one.selection, abstract=open_ended)
        return position

    # What the fetches add

    def _assign_fetch(self, fetch: Fetch) -> None:
        if fetch.contexts:
            raise Unsupported("values from contexts")
        if fetch.path:
            raise Unsupported("root fields below the root")
        document = parse(fetch.operation, no_location=True)
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        fields_by_key = _OperationReader(self.supergraph, fragments, self.variables).fields(operation.selection_set)
        if not fetch.entities:
            self.patches[id(fetch), 0] = self._patch(self.root, fields_by_key, _Assignment(fetch.renames, (None,)))
        for entities in fetch.entities:
            self._assign_entities(fetch, entities, fields_by_key[entities.alias].selection or {})

    def _assign_entities(self, fetch: Fetch, entities: Entities, fields_by_key: dict[str, OperationField]) -> None:
        for source in entities.sources:
            if holds(source.condition, self.variables) and self._leads_somewhere(source.path):
                position = self.position_at(source.path)
                self._use(position, source)
                assignment = _Assignment(
                    entities.renames, (*(step.types for step in source.path), _represented(source))
                )
                self.patches[id(fetch), id(source)] = self._patch(position, fields_by_key, assignment)

    def _leads_somewhere(self, path: Path) -> bool:
        """Whether there are objects at a path: what leads to it may have been left out."""
        position = self.root
        for step in path:
            attribute = position.attributes.get(step.key)
            if attribute is None or attribute.child is None or not attribute.assigned:
                return False
            position = attribute.child
        return True

    def position_at(self, path: Path) -> ObjectLayout:
        """The position that a path of the plan leads to."""
        position = self.root
        for step in path:
            if step.types is not None:
                self._use_type_name(position)
            attribute = position.attributes[step.key]
            assert attribute.child is not None  # noqa: S101 - it leads somewhere
            attribute.used |= attribute.child.hidden
            position = attribute.child
        return position

    def _patch(
        self,
        position: ObjectLayout,
        fields_by_key: dict[str, OperationField],
        assignment: "_Assignment",
        path: tuple[str, ...] = (),
    ) -> Patch:
        """`path`: where the objects are in the fetch's response, by its keys."""
        assignments = {key: assignment.narrowed(position, one) for key, one in fields_by_key.items()}
        definite = all(
            own is assignment and (one.definite or not path)
            for one, own in zip(fields_by_key.values(), assignments.values(), strict=True)
        )
        found, inner = {}, {}
        for key, one in fields_by_key.items():
            attribute, own = self._attribute(position, key, one, assignment, path), assignments[key]
            found[key] = attribute
            if one.selection is not None and attribute.child is not None:
                if any(not known.apart(own) for known in attribute.assignments):
                    inner[key] = self._patch(attribute.child, one.selection, own.within, (*path, key))
                else:
                    self._fill(attribute, one.selection, own.within, (*path, key))
            attribute.assignments.append(own)
            attribute.definite |= definite and own.everywhere
        return Patch(found, inner, definite)

    def _fill(
        self,
        attribute: Attribute,
        fields_by_key: dict[str, OperationField],
        assignment: "_Assignment",
        path: tuple[str, ...],
    ) -> None:
        """Objects that come with a fetch: their attributes are decoded in place."""
        position, first = attribute.child, not attribute.assigned
        if position is None:
            return
        for key, one in fields_by_key.items():
            inner = self._attribute(position, key, one, assignment, path)
            if inner.key != key:
                raise Unsupported("one key for several fields of a fetch")
            own = assignment.narrowed(position, one)
            if one.selection is not None:
                self._fill(inner, one.selection, own.within, (*path, key))
            inner.assignments.append(own)
            inner.in_place, inner.definite = True, one.definite and (first or inner.definite)
        for key in position.attributes.keys() - fields_by_key.keys():
            position.attributes[key].definite = False  # other objects may have got it by now, these have not

    def _attribute(
        self, position: ObjectLayout, alias: str, one: OperationField, assignment: "_Assignment", path: tuple[str, ...]
    ) -> Attribute:
        key = next((one.key for one in assignment.renames if one.path == path and one.alias == alias), alias)
        attribute = position.attributes.setdefault(key, Attribute(key))
        if not attribute.fields and not attribute.kinds:
            attribute.kinds |= _kinds(self.supergraph.schema, position.types, one.name)
            if one.selection is not None:
                names = {get_named_type(kind).name for kind in attribute.kinds.values()}
                types = (self.supergraph.possible.get(name, (name,)) for name in names)
                attribute.child = ObjectLayout((*position.path, key), frozenset(itertools.chain(*types)), hidden=True)
        return attribute

    # What the router needs itself

    def inputs(self, representation: Representation) -> tuple[InputField, ...]:
        """What is sent of an object."""
        required = (one.fields for one in representation.requirements if holds(one.condition, self.variables))
        return (*representation.keys, *itertools.chain(*required))

    def _has(self, position: ObjectLayout, fields: tuple[InputField, ...]) -> bool:
        return all(
            (attribute := position.attributes.get(one.key)) is not None
            and attribute.assigned
            and (attribute.child is None or self._has(attribute.child, one.fields))
            for one in fields
        )

    def _use(self, position: ObjectLayout, source: Source) -> None:
        for representation in source.representations:
            inputs = self.inputs(representation)
            if not self._has(position, inputs):
                raise Unsupported("a key or a required field that nothing fetches")
            if representation.types is not None or representation.type_name is None:
                self._use_type_name(position)
            self._use_fields(position, inputs)

    def _use_fields(self, position: ObjectLayout, fields: tuple[InputField, ...]) -> None:
        for one in fields:
            if one.types is not None:
                self._use_type_name(position)
            attribute = position.attributes[one.key]
            attribute.used = True
            if attribute.child is not None:
                self._use_fields(attribute.child, one.fields)

    def _use_type_name(self, position: ObjectLayout) -> None:
        if position.single is None or TYPENAME in position.attributes:
            position.attributes.setdefault(TYPENAME, Attribute(TYPENAME)).used = True

    def _use_types(self, position: ObjectLayout) -> None:
        """The type is needed where the answer depends on it, or where it may be none that the client sees."""
        known = position.attributes.get(TYPENAME)
        depends = position.single is None and any(
            one.name == TYPENAME or one.types != position.types
            for attribute in position.attributes.values()
            for one in attribute.fields
        )
        if known is not None and known.assigned and position.abstract:
            known.used = True
        if depends or (known is not None and known.used and position.single is None):
            if known is None or not known.assigned:
                raise Unsupported("objects of which nobody tells the type")
            known.used = True


class _OperationReader:
    """Reads the operation of a fetch."""

    def __init__(
        self, supergraph: Supergraph, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self.supergraph = supergraph
        self.fragments = fragments
        self.variables = variables

    def fields(self, selections: SelectionSetNode, types: frozenset[str] | None = None) -> dict[str, OperationField]:
        """The fields of a selection set by key, those in fragments too."""
        found: dict[str, OperationField] = {}
        for node in selections.selections:
            if not holds(condition_of(node), self.variables):
                continue
            if isinstance(node, FieldNode):
                inner = self.fields(node.selection_set) if node.selection_set else None
                _add(
                    found, (node.alias or node.name).value, OperationField(node.name.value, types is None, types, inner)
                )
                continue
            inside = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(inside, InlineFragmentNode | FragmentDefinitionNode)  # noqa: S101 - there is no other
            within = types
            if isinstance(node, InlineFragmentNode) and node.type_condition is not None:
                possible = self.supergraph.possible[node.type_condition.name.value]
                within = possible if types is None else types & possible
            for key, one in self.fields(inside.selection_set, within).items():
                _add(found, key, one)
        return found


def _kinds(schema: GraphQLSchema, types: frozenset[str], name: str) -> dict[str, GraphQLOutputType]:
    """The types of a field, by the object type that has it."""
    objects = (kind for type_name in types if isinstance(kind := schema.get_type(type_name), GraphQLObjectType))
    return {kind.name: kind.fields[name].type for kind in objects if name in kind.fields}


def _add(found: dict[str, OperationField], key: str, one: OperationField) -> None:
    """Add a field that may be there already, under another type condition."""
    known = found.get(key)
    if known is None:
        found[key] = one
        return
    types = None if known.types is None or one.types is None else known.types | one.types
    definite = known.definite or one.definite
    found[key] = OperationField(known.name, definite, types, _merged(known.selection, one.selection))


def _merged(
    one: dict[str, OperationField] | None, other: dict[str, OperationField] | None
) -> dict[str, OperationField] | None:
    if one is None or other is None:
        return one
    found = {key: _in_one(field) for key, field in (one | other).items()}
    for key in one.keys() & other.keys():
        found[key] = one[key]
        _add(found, key, other[key])
    return found


def _in_one(field: OperationField) -> OperationField:
    """A field that only one of two selections has."""
    return replace(field, definite=False)


def _represented(source: Source) -> frozenset[str] | None:
    """The types of the objects that are represented, None for any."""
    found: frozenset[str] = frozenset()
    for one in source.representations:
        if one.types is None:
            return None
        found |= one.types
    return found
