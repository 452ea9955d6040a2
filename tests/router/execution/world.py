"""Random federated graphs: one world of data, split over subgraphs, each an in-process GraphQL server.

A world has entities and values, interfaces, unions and interface objects. `merged` is the schema that a client sees,
executed by graphql-core over the same data: the judge of the router's answers. The subgraphs are strict: an external
field that no path provides, a representation without a whole key, or a required value that is not the true one is an
error.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ref:
    """What a field gives: a named type, whether a list, and non-null or not (list and items alike)."""

    name: str
    many: bool = False
    required: bool = False

    def __str__(self) -> str:
        bang = "!" if self.required else ""
        return f"[{self.name}{bang}]{bang}" if self.many else f"{self.name}{bang}"


@dataclass
class FieldDef:
    name: str
    type: Ref
    owners: set[str]
    argument: bool = False
    requires: str | None = None
    provides: dict[str, str] = field(default_factory=dict)
    external: set[str] = field(default_factory=set)
    by_interface: str | None = None  # resolved by interface objects of this interface
    strict: set[str] = field(default_factory=set)  # subgraphs where it is non-null, though clients see it nullable
    context: str | None = None  # what an argument that clients do not see selects of the object around

    def type_in(self, subgraph: str) -> Ref:
        return Ref(self.type.name, self.type.many, self.type.required or subgraph in self.strict)


@dataclass
class TypeDef:
    name: str
    kind: str  # entity, value, interface, union
    subgraphs: set[str]
    fields: dict[str, FieldDef] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)  # by subgraph
    unresolvable: set[str] = field(default_factory=set)
    interfaces: set[str] = field(default_factory=set)
    members: dict[str, set[str]] = field(default_factory=dict)  # by subgraph
    objects: set[str] = field(default_factory=set)  # subgraphs where an interface is an interface object
    sets_context: str | None = None  # the subgraph where fields of others take arguments from it


@dataclass
class World:
    subgraphs: list[str]
    types: dict[str, TypeDef]
    rows: dict[str, list[dict[str, Any]]]
    roots: dict[str, FieldDef]

    def concrete(self, name: str) -> list[str]:
        kind = self.types[name]
        if kind.kind in ("entity", "value"):
            return [name]
        return sorted({member for members in kind.members.values() for member in members})


class Generator:
    """Makes a world from random numbers."""

    def __init__(self, rng: random.Random, nulls: float = 0.15) -> None:
        self.rng = rng
        self.nulls = nulls
        self.names = [f"s{number}" for number in range(rng.randint(2, 6))]
        self.types: dict[str, TypeDef] = {}

    def world(self) -> World:
        self._entities()
        self._values()
        self._abstract()
        self._scalars()
        self._interface_objects()
        self._links()
        self._requires()
        self._provides()
        self._contexts()
        roots = self._roots()
        world = World(self.names, self.types, {}, roots)
        self._rows(world)
        return world

    def _some(self, items: list[str], least: int = 1) -> set[str]:
        return set(self.rng.sample(sorted(items), self.rng.randint(min(least, len(items)), len(items))))

    def _entities(self) -> None:
        for number in range(self.rng.randint(2, 4)):
            kind = TypeDef(f"E{number}", "entity", self._some(self.names, 2))
            bridge = self.rng.choice(sorted(kind.subgraphs))
            for name in sorted(kind.subgraphs):
                keys = ["id", "sku"] if name == bridge else self.rng.choice([["id"], ["id"], ["sku"], ["id", "sku"]])
                if self.rng.random() < 0.15 and "id" in keys:
                    keys = ["id tag { a }", *keys]
                kind.keys[name] = keys
            for key in ("id", "sku"):
                owners = {name for name, keys in kind.keys.items() if key in " ".join(keys).split()}
                kind.fields[key] = FieldDef(key, Ref("ID", required=True), owners)
            tagged = {name for name, keys in kind.keys.items() if any("tag" in one for one in keys)}
            if tagged:
                kind.fields["tag"] = FieldDef("tag", Ref("Tag", required=True), tagged)
                tag = self.types.setdefault("Tag", TypeDef("Tag", "value", set()))
                tag.subgraphs |= tagged
                for leaf in ("a", "b"):
                    tag.fields.setdefault(leaf, FieldDef(leaf, Ref("String", required=True), set())).owners |= tagged
            self.types[kind.name] = kind

    def _values(self) -> None:
        for number in range(self.rng.randint(0, 2)):
            subgraphs = self._some(self.names)
            kind = TypeDef(f"V{number}", "value", subgraphs)
            for leaf in ("size", "unit"):
                kind.fields[leaf] = FieldDef(leaf, Ref("String", required=self.rng.random() < 0.4), set(subgraphs))
            self.types[kind.name] = kind

    def _concrete(self) -> list[TypeDef]:
        return [kind for kind in self.types.values() if kind.kind in ("entity", "value") and kind.name != "Tag"]

    def _entity_types(self) -> list[TypeDef]:
        return [kind for kind in self.types.values() if kind.kind == "entity"]

    def _abstract(self) -> None:
        for number in range(self.rng.randint(0, 2)):
            interface = self.rng.random() < 0.6
            chosen = self.rng.sample(self._concrete(), min(len(self._concrete()), self.rng.randint(2, 3)))
            if interface:
                chosen = [kind for kind in chosen if kind.kind == "entity"] or self._entity_types()[:1]
            kind = TypeDef(f"{'I' if interface else 'U'}{number}", "interface" if interface else "union", set())
            for name in self.names:
                members = {one.name for one in chosen if name in one.subgraphs and self.rng.random() < 0.85}
                if members:
                    kind.members[name] = members
                    kind.subgraphs.add(name)
            if not kind.subgraphs:
                continue
            self.types[kind.name] = kind
            if interface:
                self._interface_fields(kind)

    def _interface_fields(self, kind: TypeDef) -> None:
        """Keys that all members of a subgraph have there; members of no such subgraph are none."""
        for name, here in list(kind.members.items()):
            keys = [key for key in ("id", "sku") if all(name in self.types[one].fields[key].owners for one in here)]
            for key in keys:
                kind.fields.setdefault(key, FieldDef(key, Ref("ID", required=True), set())).owners.add(name)
            if not keys:
                del kind.members[name]
                kind.subgraphs.discard(name)
        members = sorted({one for here in kind.members.values() for one in here})
        if not members:
            del self.types[kind.name]
            return
        for member in members:
            self.types[member].interfaces.add(kind.name)
        if self.rng.random() < 0.7:
            self._interface_title(kind, members)
        if self.rng.random() < 0.5:
            self._interface_peer(kind, members)

    def _interface_peer(self, kind: TypeDef, members: list[str]) -> None:
        """A field that gives the interface, and in some implementations themselves."""
        if any("peer" in self.types[member].fields for member in members):
            return
        for member in members:
            owner = self.rng.choice(sorted(self.types[member].subgraphs))
            wide = owner in kind.members and self.rng.random() < 0.5
            ref = Ref(kind.name if wide else member, many=False)
            self.types[member].fields["peer"] = FieldDef("peer", ref, {owner})
        everywhere = [
            name
            for name, here in kind.members.items()
            if all(name in self.types[m].fields["peer"].owners for m in here)
        ]
        kind.fields["peer"] = FieldDef("peer", Ref(kind.name), set(everywhere))

    def _interface_title(self, kind: TypeDef, members: list[str]) -> None:
        """A field of every implementation, each with owners of its own."""
        title = FieldDef("title", Ref("String"), set())
        for member in members:
            owners = self._some(sorted(self.types[member].subgraphs))
            self.types[member].fields.setdefault("title", FieldDef("title", Ref("String"), owners))
        for name, here in kind.members.items():
            if all(name in self.types[member].fields["title"].owners for member in here):
                title.owners.add(name)
        if title.owners:
            kind.fields["title"] = title

    def _scalars(self) -> None:
        for kind in self._entity_types():
            for number in range(self.rng.randint(2, 5)):
                name = f"f{number}"
                owners = {self.rng.choice(sorted(kind.subgraphs))}
                if self.rng.random() < 0.3:
                    owners = self._some(sorted(kind.subgraphs))
                ref = Ref("String", self.rng.random() < 0.2, self.rng.random() < 0.25)
                strict = self._some(sorted(owners)) if self.rng.random() < 0.3 and not ref.required else set()
                kind.fields[name] = FieldDef(name, ref, owners, self.rng.random() < 0.25, strict=strict)

    def _interface_objects(self) -> None:
        """Where one subgraph knows all implementations by id, others may add fields to the interface."""
        for kind in [one for one in self.types.values() if one.kind == "interface"]:
            members = {member for here in kind.members.values() for member in here}
            home = [
                name
                for name, here in kind.members.items()
                if here == members
                and all("id" in self.types[m].keys[name] for m in members)
                and name in kind.fields.get("id", FieldDef("id", Ref("ID"), set())).owners
            ]
            everywhere = {name for member in members for name in self.types[member].subgraphs}
            free = [name for name in self.names if name not in everywhere and name not in kind.subgraphs]
            if not home or not free or self.rng.random() < 0.2:
                continue
            kind.keys = {home[0]: ["id"]}
            for number, name in enumerate(sorted(self._some(free))[:2]):
                kind.objects.add(name)
                kind.subgraphs.add(name)
                kind.keys[name] = ["id"]
                kind.fields["id"].owners.add(name)
                extra = FieldDef(f"x{kind.name}{number}", Ref("String", required=self.rng.random() < 0.3), {name})
                kind.fields[extra.name] = extra
                for member in members:
                    self.types[member].fields[extra.name] = FieldDef(
                        extra.name, extra.type, set(), by_interface=kind.name
                    )

    def _links(self) -> None:
        for kind in self._entity_types():
            for number in range(self.rng.randint(1, 3)):
                owner = self.rng.choice(sorted(kind.subgraphs))
                targets = [one.name for one in self.types.values() if owner in one.subgraphs and one.name != "Tag"]
                ref = Ref(self.rng.choice(sorted(targets)), self.rng.random() < 0.4, self.rng.random() < 0.15)
                owners = {owner}
                if self.rng.random() < 0.25:
                    owners |= {n for n in kind.subgraphs if self._same_members(ref.name, owner, n)}
                kind.fields[f"l{number}"] = FieldDef(f"l{number}", ref, owners, self.rng.random() < 0.15)

    def _same_members(self, name: str, one: str, other: str) -> bool:
        kind = self.types[name]
        if other not in kind.subgraphs or one in kind.objects or other in kind.objects:
            return False
        return kind.kind in ("entity", "value") or kind.members[one] == kind.members[other]

    def _requires(self) -> None:
        for kind in self._entity_types():
            made: list[str] = []
            for number in range(self.rng.randint(0, 3)):
                name = self.rng.choice(sorted(kind.subgraphs))
                sources = [
                    one
                    for one in kind.fields.values()
                    if name not in one.owners
                    and one.by_interface is None
                    and (one.type.name == "String" or self._leaf_of(one))
                    and not (one.requires and one.name not in made)
                ]
                if not sources:
                    continue
                parts = []
                for source in self.rng.sample(sources, min(len(sources), self.rng.randint(1, 2))):
                    leaf = self._leaf_of(source)
                    if leaf and not self._known_in(source, name):
                        continue
                    argument = f'(x: "{self.rng.choice("rs")}")' if source.argument else ""
                    parts.append(f"{source.name}{argument}{f' {{ {leaf} }}' if leaf else ''}")
                    source.external.add(name)
                if parts:
                    field_name = f"r{number}"
                    kind.fields[field_name] = FieldDef(field_name, Ref("String"), {name}, requires=" ".join(parts))
                    made.append(field_name)

    def _leaf_of(self, source: FieldDef) -> str | None:
        kind = self.types.get(source.type.name)
        if kind is None or source.name == "tag":
            return None
        if kind.kind == "value":
            return "size"
        return "id" if kind.kind == "entity" and source.name.startswith("l") else None

    def _known_in(self, source: FieldDef, name: str) -> bool:
        kind = self.types[source.type.name]
        if kind.kind == "value":
            return name in kind.subgraphs
        return name in kind.subgraphs and name in kind.fields["id"].owners

    def _provides(self) -> None:
        for kind in self._entity_types():
            for link in list(kind.fields.values()):
                target = self.types.get(link.type.name)
                if target is None or target.name == "Tag" or len(link.owners) != 1 or link.requires:
                    continue
                (owner,) = link.owners
                on = ""
                if target.kind in ("interface", "union") and owner not in target.objects:
                    entities = [one for one in sorted(target.members[owner]) if self.types[one].kind == "entity"]
                    if not entities:
                        continue
                    target = self.types[self.rng.choice(entities)]
                    on = target.name
                if target.kind != "entity":
                    continue
                free = [
                    one.name
                    for one in target.fields.values()
                    if one.name.startswith("f") and owner not in one.owners and not one.argument
                ]
                if free and self.rng.random() < 0.4:
                    chosen = self.rng.choice(sorted(free))
                    link.provides[owner] = f"... on {on} {{ {chosen} }}" if on else chosen
                    target.fields[chosen].external.add(owner)

    def _contexts(self) -> None:
        """A type that only objects with a context lead to, and a field of it with an argument from there."""
        name = self.rng.choice(self.names)
        around = [kind for kind in self._entity_types() if name in kind.subgraphs and self._plain(kind)]
        if not around or self.rng.random() < 0.6:
            return
        inner = TypeDef("C0", "entity", self._some(self.names) | {name})
        inner.keys = {one: ["id"] for one in inner.subgraphs}
        inner.fields["id"] = FieldDef("id", Ref("ID", required=True), set(inner.subgraphs))
        inner.fields["f0"] = FieldDef("f0", Ref("String"), {self.rng.choice(sorted(inner.subgraphs))})
        self.types["C0"] = inner
        for kind in around:
            kind.sets_context = name
            owners = sorted(kind.subgraphs & inner.subgraphs)
            many = self.rng.random() < 0.5
            kind.fields["c"] = FieldDef("c", Ref("C0", many), {self.rng.choice(owners)}, self.rng.random() < 0.2)
        for number, selected in enumerate(sorted(set.intersection(*(self._plain(kind) for kind in around)))[:2]):
            inner.fields[f"c{number}"] = FieldDef(f"c{number}", Ref("String"), {name}, context=selected)
            for kind in around:
                if name not in kind.fields[selected].owners:
                    kind.fields[selected].external.add(name)

    def _plain(self, kind: TypeDef) -> set[str]:
        """The fields of an entity that are single strings."""
        return {
            one.name
            for one in kind.fields.values()
            if one.type.name == "String" and not one.type.many and not one.argument and one.by_interface is None
        }

    def _roots(self) -> dict[str, FieldDef]:
        roots = {}
        reachable = [one for one in self.types.values() if one.name not in ("Tag", "C0") and one.subgraphs]
        for number in range(self.rng.randint(2, 5)):
            kind = self.rng.choice(sorted(reachable, key=lambda one: one.name))
            owner = self.rng.choice(sorted(kind.subgraphs))
            owners = {owner}
            if self.rng.random() < 0.3:
                owners |= {name for name in kind.subgraphs if self._same_members(kind.name, owner, name)}
            ref = Ref(kind.name, self.rng.random() < 0.6, self.rng.random() < 0.15)
            roots[f"q{number}"] = FieldDef(f"q{number}", ref, owners)
        return roots

    # Data

    def _rows(self, world: World) -> None:
        for kind in self._concrete() + [one for one in self.types.values() if one.name == "Tag"]:
            world.rows[kind.name] = [{"__typename": kind.name, "#": number} for number in range(3)]
        for rows in world.rows.values():
            for row in rows:
                self._fill(world, row)
        root: dict[str, Any] = {}
        for name, one in world.roots.items():
            root[name] = self._reference(world, one)
        world.rows["Query"] = [root]

    def _fill(self, world: World, row: dict[str, Any]) -> None:
        name, number = row["__typename"], row["#"]
        for one in self.types[name].fields.values():
            if one.name in ("id", "sku"):
                row[one.name] = f"{name}-{one.name}-{number}"
            elif one.type.name == "Tag":
                row[one.name] = ("Tag", number)
            elif one.type.name in self.types:
                row[one.name] = self._reference(world, one)
            elif not one.requires and not one.context:
                absent = not one.type.required and not one.strict and self.rng.random() < self.nulls
                value = None if absent else f"{name}.{one.name}.{number}"
                row[one.name] = [value, value] if one.type.many and value is not None else value

    def _reference(self, world: World, one: FieldDef) -> Any:
        """A reference, or a list of them, to rows of types that every owner knows in this place."""
        kind = self.types[one.type.name]
        if kind.kind in ("entity", "value"):
            names = [kind.name]
        else:
            owner = min(one.owners)
            names = world.concrete(kind.name) if owner in kind.objects else sorted(kind.members[owner])

        def pick() -> Any:
            if not one.type.required and self.rng.random() < self.nulls:
                return None
            return (self.rng.choice(names), self.rng.randrange(3))

        if not one.type.many:
            return pick()
        return [pick() for _ in range(self.rng.randint(0, 3) if self.nulls else 3)]


def world_of(types: list[TypeDef], roots: list[FieldDef], seed: int = 1) -> World:
    """A world of given types and root fields, with rows from a seed, none of them null."""
    generator = Generator(random.Random(seed), nulls=0)
    generator.types = {kind.name: kind for kind in types}
    owners = {name for kind in types for name in kind.subgraphs}
    world = World(sorted(owners), generator.types, {}, {one.name: one for one in roots})
    generator._rows(world)
    return world


# SDL


def merged_sdl(world: World) -> str:
    """The schema that clients see."""
    return "\n".join(_merged_types(world))


def _merged_types(world: World) -> Iterator[str]:
    yield "type Query {" + " ".join(f"{one.name}: {one.type}" for one in world.roots.values()) + "}"
    for kind in world.types.values():
        if kind.kind == "union":
            yield f"union {kind.name} = {' | '.join(world.concrete(kind.name))}"
            continue
        head = f"interface {kind.name}" if kind.kind == "interface" else f"type {kind.name}"
        implements = f" implements {' & '.join(sorted(kind.interfaces))}" if kind.interfaces else ""
        yield head + implements + " {" + " ".join(signature(one) for one in kind.fields.values()) + "}"


def signature(one: FieldDef, subgraph: str = "") -> str:
    """A field's definition as clients see it, or a subgraph."""
    argument = "(x: String)" if one.argument else "(around: String)" if one.context and subgraph else ""
    return f"{one.name}{argument}: {one.type_in(subgraph)}"


def supergraph_sdl(world: World) -> str:
    """The same, composed in join v0.5."""
    lines = [
        'schema @link(url: "https://specs.apollo.dev/link/v1.0")'
        ' @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)'
        ' @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY) { query: Query }',
        "enum join__Graph {"
        + " ".join(f'{n.upper()} @join__graph(name: "{n}", url: "http://{n}/")' for n in world.subgraphs)
        + "}",
    ]
    types = " ".join(f"@join__type(graph: {name.upper()})" for name in world.subgraphs)
    fields = " ".join(
        f"{one.name}: {one.type} " + " ".join(f"@join__field(graph: {n.upper()})" for n in sorted(one.owners))
        for one in world.roots.values()
    )
    lines.append(f"type Query {types} {{ {fields} }}")
    lines += [_joined(world, kind) for kind in world.types.values()]
    return "\n".join(lines)


def _joined(world: World, kind: TypeDef) -> str:
    types = []
    for name in sorted(kind.subgraphs):
        for key in kind.keys.get(name) or [""]:
            arguments = f', key: "{key}"' if key else ""
            arguments += ", resolvable: false" if name in kind.unresolvable else ""
            arguments += ", isInterfaceObject: true" if name in kind.objects else ""
            types.append(f"@join__type(graph: {name.upper()}{arguments})")
    if kind.kind == "union":
        members = " ".join(
            f'@join__unionMember(graph: {name.upper()}, member: "{member}")'
            for name, here in sorted(kind.members.items())
            for member in sorted(here)
        )
        return f"union {kind.name} {' '.join(types)} {members} = {' | '.join(world.concrete(kind.name))}"
    head = f"interface {kind.name}" if kind.kind == "interface" else f"type {kind.name}"
    if kind.interfaces:
        head += f" implements {' & '.join(sorted(kind.interfaces))}"
        types += [
            f'@join__implements(graph: {name.upper()}, interface: "{interface}")'
            for interface in sorted(kind.interfaces)
            for name, here in sorted(world.types[interface].members.items())
            if kind.name in here
        ]
    if kind.sets_context:
        head += ' @context(name: "around")'
    fields = "\n".join(f"  {signature(one)} {_join_fields(one)}" for one in kind.fields.values())
    return f"{head} {' '.join(types)} {{\n{fields}\n}}"


def _join_fields(one: FieldDef) -> str:
    if not one.owners | one.external:
        return "@join__field"
    made = []
    for name in sorted(one.owners | one.external):
        arguments = ", external: true" if name not in one.owners else ""
        if name in one.strict:
            arguments += f', type: "{one.type_in(name)}"'
        if one.requires and name in one.owners:
            escaped = one.requires.replace('"', '\\"')
            arguments += f', requires: "{escaped}"'
        if one.context:
            selected = f'name: "around", type: "String", context: "around", selection: "{{ {one.context} }}"'
            arguments += f", contextArguments: [{{{selected}}}]"
        if name in one.provides:
            arguments += f', provides: "{one.provides[name]}"'
        made.append(f"@join__field(graph: {name.upper()}{arguments})")
    return " ".join(made)
