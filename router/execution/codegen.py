"""Compiles a plan to Python source: a coroutine function that fetches, decodes, merges and encodes, on structs.

Each position of the response has a struct of its own, declared in the response's order, so that decoding a subgraph's
response builds the client's objects, and encoding them gives the client's response. Only what usually happens is compiled:
the code raises Bailout where a subgraph's response has an error or is not as the API schema says, and the interpreter
takes over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import is_non_null_type

from router.execution.layout import Attribute, ObjectLayout, Patch, ResponseLayout, Unsupported
from router.execution.structs import PatchStruct, Structs, is_key, lists
from router.planning import plan
from router.planning.conditions import holds
from router.planning.graph import TYPENAME
from router.planning.plan import (
    Entities,
    Fetch,
    InputField,
    Path,
    PathStep,
    PlanNode,
    QueryPlan,
    Representation,
    Source,
)

_MAX_POSITIONS = 300


@dataclass(slots=True)
class PatchTarget:
    """The objects of a source in the code: the lists of them, and of what stands for the entity of each."""

    source: Source
    position: ObjectLayout
    struct: PatchStruct
    objects: str
    keys: str


@dataclass(slots=True)
class EntitiesRequest:
    """One `_entities` field in the code. `seen`: what stands for its entities, in the order that they are asked in.

    `careful`: that is each representation in JSON, and None for objects that have none; else it is the key itself.
    """

    entities: Entities
    seen: str
    careful: bool
    targets: list[PatchTarget] = field(default_factory=list)


class CodeGenerator:
    """Writes the source for one layout, which may use `names`. `constants` are further values that it uses."""

    def __init__(self, layout: ResponseLayout, query_plan: QueryPlan, names: Iterable[str]) -> None:
        self.layout = layout
        self.plan = query_plan
        self.numbers = {id(fetch): number for number, fetch in enumerate(query_plan.fetches())}
        self.constants: dict[str, Any] = {f"fetch{number}": fetch for number, fetch in enumerate(query_plan.fetches())}
        self.structs = Structs((*names, "Root", "Response"))
        self._body: list[str] = []
        self._lists: dict[Path, str] = {}
        self._makers: dict[tuple[str, ...], tuple[str, str]] = {}
        self._root: dict[str, str] = {}
        self._there: set[int] = set()

    def write(self) -> str:
        """The whole module."""
        root, *positions = self.layout.root.below()
        if len(positions) > _MAX_POSITIONS:
            raise Unsupported("too many positions")
        for position in reversed(positions):
            self.structs.write_position(position)
        if self.plan.node is not None:
            self._node(self.plan.node)
        for position in positions:
            if not position.hidden:
                self._finish(position)
        self._answer(root)
        head = ["async def run(send):", *(f"    {line}" for line in self._body)]
        return "\n".join((*self.structs.lines, "", *head)) + "\n"

    # Requests

    def _node(self, node: PlanNode) -> None:
        if isinstance(node, plan.Sequence):
            for one in node.nodes:
                self._node(one)
        elif isinstance(node, plan.Subscription):
            raise Unsupported("a subscription")
        else:
            self._wave([node] if isinstance(node, Fetch) else list(_fetches(node.nodes)))

    def _wave(self, fetches: list[Fetch]) -> None:
        """Requests beside each other: all are sent, then each answer is taken."""
        fetches = [fetch for fetch in fetches if holds(fetch.condition, self.layout.variables)]
        asked = [(fetch, self._ask(fetch)) for fetch in fetches]
        for fetch, entities in asked:
            self._take(fetch, entities)

    def _ask(self, fetch: Fetch) -> list[EntitiesRequest]:
        number = self.numbers[id(fetch)]
        self._line(f"# {number}: {fetch.subgraph}")
        if not fetch.entities:
            self._line(f"sent{number} = send(fetch{number}, {{}})")
            return []
        asked = [self._collect(fetch, one) for one in fetch.entities]
        variables = ", ".join(f"{one.entities.variable!r}: {self._representations(one)}" for one in asked)
        seen = " or ".join(one.seen for one in asked)
        self._line(f"sent{number} = send(fetch{number}, {{{variables}}}) if {seen} else None")
        return asked

    def _take(self, fetch: Fetch, asked: list[EntitiesRequest]) -> None:
        number = self.numbers[id(fetch)]
        root = self.layout.patches.get((id(fetch), 0))
        data = self._take_entities(number, asked) if root is None else self._take_root(number, root)
        answer = self.structs.unique(f"Answer{number}")
        self.structs.write(answer, [f"data: {data}", "errors: Any = None"])
        self.structs.lines.append(f"decode{number} = Decoder({answer}).decode")

    def _take_root(self, number: int, patch: Patch) -> str:
        if not patch.definite:
            raise Unsupported("root fields of some types")
        struct = self.structs.patch(self.layout.root, patch, f"Data{number}")
        self._line(f"answer = decode{number}(text(await sent{number}))")
        self._line("if answer.errors: raise Bailout")
        self._line(f"data{number} = answer.data")
        for name, attribute in struct.kept.items():
            known = self._root.setdefault(attribute.key, f"data{number}.{name}")
            if name in struct.inner and attribute.child is not None:
                self._line(f"{self._join(attribute.child, struct.inner[name])}({known}, data{number}.{name})")
            elif attribute.child is not None:
                self._makers[attribute.key,] = (f"(data{number},)", name)
        return struct.kind

    # Representations

    def _collect(self, fetch: Fetch, entities: Entities) -> EntitiesRequest:
        """Write how the objects of an `_entities` field are found, and which stand for the same entity."""
        sources = [one for one in entities.sources if (id(fetch), id(one)) in self.layout.patches]
        asked = EntitiesRequest(entities, self.structs.unique("seen"), careful=not self._plain(sources))
        for source in sources:
            position, patch = self.layout.position_at(source.path), self.layout.patches[id(fetch), id(source)]
            struct = self.structs.patch(position, patch, f"Entity{self.numbers[id(fetch)]}")
            target = PatchTarget(source, position, struct, self._objects(source.path), self.structs.unique("keys"))
            asked.targets.append(target)
            if asked.careful:
                self._collect_carefully(target)
            else:
                self._collect_plainly(target)
        keys = f"chain([{', '.join(target.keys for target in asked.targets)}])"
        self._line(f"{asked.seen} = dict.fromkeys({f'filter(None, {keys})' if asked.careful else keys})")
        return asked

    def _plain(self, sources: list[Source]) -> bool:
        """Whether what is sent of the objects are the same few scalars for each, which they certainly have."""
        shapes = set()
        for source in sources:
            position = self.layout.position_at(source.path)
            if len(source.representations) != 1 or source.representations[0].types is not None:
                return False
            only = source.representations[0]
            if only.type_name is None or not all(self._is_scalar(position, one) for one in self.layout.inputs(only)):
                return False
            shapes.add((only.type_name, tuple(one.name for one in self.layout.inputs(only))))
        return len(shapes) == 1

    def _is_scalar(self, position: ObjectLayout, one: InputField) -> bool:
        attribute = position.attributes[one.key]
        scalar = not one.fields and one.types is None and is_key(self.structs.annotation(position, attribute))
        return scalar and attribute.definite

    def _collect_plainly(self, target: PatchTarget) -> None:
        names, only = self.structs.names(target.position), target.source.representations[0]
        key = _tuple(f"o.{names[one.key]}" for one in self.layout.inputs(only))
        self._line(f"{target.keys} = [{key} for o in {target.objects}]")
        if only.keys and all(target.position.attributes[one.key].nullable for one in only.keys):
            nulls = " and ".join(f"o.{names[one.key]} is None" for one in only.keys)
            self._line(f"if any({nulls} for o in {target.objects}): raise Bailout")

    def _collect_carefully(self, target: PatchTarget) -> None:
        """Objects whose representation goes by type, has objects within it, or values that may be absent or null."""
        representations, names = target.source.representations, self.structs.names(target.position)
        if len(representations) > 1 and any(one.types is None for one in representations):
            raise Unsupported("several representations of one object")
        self._line(f"{target.keys} = []")
        self._line(f"for o in {target.objects}:")
        for number, one in enumerate(representations):
            indent = "    "
            if one.types is not None:
                unknown = f" or o.{names[TYPENAME]} is UNSET" if one.type_name is not None else ""
                among = _among(f"o.{names[TYPENAME]}", one.types)
                self._line(f"    {'elif' if number else 'if'} {among}{unknown}:")
                indent = "        "
            self._lines(self._representation(target, one), indent)
        if representations[0].types is not None:
            self._line(f"    else: {target.keys}.append(None)")

    def _representation(self, target: PatchTarget, one: Representation) -> Iterator[str]:
        position, names, inputs = target.position, self.structs.names(target.position), self.layout.inputs(one)
        if len({field.name for field in inputs}) < len(inputs):
            raise Unsupported("several requirements of one object")
        needed = [field.key for field in inputs if field.types is None] + ([] if one.type_name else [TYPENAME])
        if absent := [f"o.{names[key]} is UNSET" for key in needed if not position.attributes[key].definite]:
            yield f"if {' or '.join(absent)}: raise Bailout"
        if one.keys and all(position.attributes[field.key].nullable for field in one.keys):
            yield f"if {' and '.join(f'o.{names[field.key]} is None' for field in one.keys)}: raise Bailout"
        type_name = repr(one.type_name) if one.type_name is not None else f"o.{names[TYPENAME]}"
        yield f"made = {{'__typename': {type_name}}}"
        yield from self._fill(position, inputs)
        yield f"{target.keys}.append(encode(made))"

    def _representations(self, asked: EntitiesRequest) -> str:
        """The value of the variable that takes the representations."""
        if asked.careful:
            return f"Raw(b'[' + b','.join({asked.seen}) + b']')"
        target = asked.targets[0]
        only = target.source.representations[0]
        names = [one.name for one in self.layout.inputs(only)]
        entries = ", ".join(f"{name!r}: v{number}" for number, name in enumerate(names))
        values = _tuple(f"v{number}" for number, _ in enumerate(names))
        return f"[{{'__typename': {only.type_name!r}, {entries}}} for {values} in {asked.seen}]"

    def _fill(self, position: ObjectLayout, inputs: Iterable[InputField]) -> Iterator[str]:
        """Write the values of an object `o` into `made`."""
        names = self.structs.names(position)
        for one in inputs:
            child, value = position.attributes[one.key].child, f"o.{names[one.key]}"
            if child is not None:
                value = f"{self._inner(child, one.fields)}({value})"
            filled = f"made[{one.name!r}] = {value}"
            yield filled if one.types is None else f"if {_among(f'o.{names[TYPENAME]}', one.types)}: {filled}"

    def _inner(self, position: ObjectLayout, inputs: tuple[InputField, ...]) -> str:
        """The function that gives what is sent of an object, or of a list of them, within another."""
        name, names = self.structs.unique("inner"), self.structs.names(position)
        uncertain = [one.key for one in inputs if not position.attributes[one.key].definite and one.types is None]
        lines = [
            "",
            f"def {name}(o):",
            "    if o is None: return None",
            f"    if type(o) is list: return [{name}(item) for item in o]",
            *(f"    if o.{names[key]} is UNSET: raise Bailout" for key in uncertain),
            "    made = {}",
            *(f"    {line}" for line in self._fill(position, inputs)),
            "    return made",
        ]
        self.structs.lines += lines
        return name

    # Entities

    def _take_entities(self, number: int, asked: list[EntitiesRequest]) -> str:
        """Write how entities are decoded and given to their objects. The type of the answer's data."""
        fields: list[str] = []
        decoding: list[str] = []
        for one in asked:
            kinds = dict.fromkeys(target.struct.kind for target in one.targets)
            if not kinds:
                continue
            apart = len(kinds) > 1  # each position gets objects of its own: what is added to them later differs
            fields.append(f"{one.entities.alias}: {'Raw' if apart else f'list[{min(kinds)} | None]'}")
            for kind in kinds:
                value = f"answer.data.{one.entities.alias}"
                if apart:
                    self.structs.lines.append(f"decode_{kind} = Decoder(list[{kind} | None]).decode")
                    value = f"decode_{kind}({value})"
                decoding.append(f"{_found(one, kind)} = entities({one.seen}, {value})")
        every = dict.fromkeys(_found(one, target.struct.kind) for one in asked for target in one.targets)
        self._line(" = ".join([*every, "{}"]))
        self._line(f"if sent{number} is not None:")
        self._line(f"    answer = decode{number}(text(await sent{number}))")
        self._line("    if answer.errors: raise Bailout")
        self._lines(decoding, "    ")
        for one in asked:
            for target in one.targets:
                self._lines(self._merge(target, _found(one, target.struct.kind), careful=one.careful), "    ")
                self._remember(target, one)
        return self.structs.write(self.structs.unique(f"Data{number}"), fields)

    def _merge(self, target: PatchTarget, found: str, *, careful: bool) -> Iterator[str]:
        """Give the objects of a source what their entities have."""
        struct, own = target.struct, self.structs.names(target.position)
        kept = struct.kept.values()
        if careful:
            yield f"for o, key in zip({target.objects}, {target.keys}):"
            yield "    if key is None: continue"
            yield f"    e = {found}[key]"
        else:
            yield f"for o, e in zip({target.objects}, map({found}.__getitem__, {target.keys})):"
        if any(not one.nullable or one.used or one.reassigned or not one.definite for one in kept):
            yield "    if e is None: raise Bailout"
        else:
            nulls = "; ".join(f"o.{own[one.key]} = None" for one in kept)
            yield f"    if e is None: {nulls or 'pass'}; continue"
        for line in self._assign(target.position, struct):
            yield f"    {line}"

    def _assign(self, position: ObjectLayout, struct: PatchStruct) -> Iterator[str]:
        """Give an object `o` what is in a patch `e`; of a leaf that it has already, what is there and not null stays."""
        own = self.structs.names(position)
        for name, one in struct.kept.items():
            value = f"o.{own[one.key]}"
            line = f"{value} = e.{name}"
            if name in struct.inner and one.child is not None:
                line = f"{self._join(one.child, struct.inner[name])}({value}, e.{name})"
            elif one.in_place or id(one) in self._there:
                line = (
                    f"if not {value}: {line}"
                    if struct.definite
                    else f"if not {value} and e.{name} is not UNSET: {line}"
                )
                yield line
                continue
            self._there.add(id(one))
            yield line if struct.definite else f"if e.{name} is not UNSET: {line}"

    def _join(self, position: ObjectLayout, struct: PatchStruct) -> str:
        """The function that gives an object, or each of a list, what is in another fetch's patch of it."""
        name = self.structs.unique("join")
        lines = [
            "",
            f"def {name}(o, e):",
            "    if o is None or o is UNSET or e is None:",
            "        if o is not e: raise Bailout",
            "    elif type(o) is list:",
            "        if len(o) != len(e): raise Bailout",
            f"        for one, other in zip(o, e): {name}(one, other)",
            "    else:",
            *(f"        {line}" for line in self._assign(position, struct)),
        ]
        self.structs.lines += lines
        return name

    def _remember(self, target: PatchTarget, asked: EntitiesRequest) -> None:
        """Where the objects within the entities of a source are found once, though several objects share them."""
        if asked.careful or any(step.types is not None for step in target.source.path):
            return
        path = tuple(step.key for step in target.source.path)
        found = f"{_found(asked, target.struct.kind)}.values()"
        if len(asked.targets) > 1:
            found = f"map({_found(asked, target.struct.kind)}.__getitem__, dict.fromkeys({target.keys}))"
        for name, one in target.struct.kept.items():
            # an attribute that another fetch assigns as well may hold objects that are not among these
            if one.child is not None and name not in target.struct.inner and not one.reassigned:
                self._makers[*path, one.key] = (found, name)

    # Objects

    def _objects(self, path: Path) -> str:
        """The list of the objects at a path, in order."""
        if path not in self._lists:
            name = self._lists[path] = self.structs.unique("_".join(["all", *(step.key for step in path)]))
            if path and self._is_reference(path):
                self._share(path, name)
            else:
                search = self._search(path)
                self._line(f"{name} = {search}")
        return self._lists[path]

    def _is_reference(self, path: Path) -> bool:
        """Whether the objects at a path come with nothing but scalars, and all else that they get goes by those."""
        *before, step = path
        leading = self.layout.position_at(tuple(before)).attributes[step.key]
        position = self.layout.position_at(path)
        assigned = [one for one in position.attributes.values() if one.assigned]
        given = _given(position)
        return (
            all(one.types is None for one in path)
            and not (leading.reassigned or position.single is None or position.abstract)
            and tuple(one.key for one in path) not in self._makers
            and lists(leading.kinds.values()) == 0
            and len(given) > 0
            and any(not one.in_place for one in assigned)
            and all(one.definite and is_key(self.structs.annotation(position, one)) for one in given)
            and all(assignment.everywhere for one in assigned for assignment in one.assignments)
        )

    def _share(self, path: Path, name: str) -> None:
        """Write how references that are equal become one object, so that what they get is given once."""
        *before, step = path
        position, parent = self.layout.position_at(path), self.layout.position_at(tuple(before))
        names, held = self.structs.names(position), f"o.{self.structs.names(parent)[step.key]}"
        key = _tuple(f"e.{names[one.key]}" for one in _given(position))
        parents = self._objects(tuple(before))
        self._line(f"{name} = {{}}")
        self._line(f"for o in {parents}:")
        self._line(f"    if e := {held}: {held} = {name}.setdefault({key}, e)")
        self._line(f"{name} = list({name}.values())")

    def _search(self, path: Path) -> str:
        *before, step = path
        parent = self.layout.position_at(tuple(before))
        attribute = parent.attributes[step.key]
        maker = self._makers.get(tuple(one.key for one in path)) if step.types is None else None
        if maker is not None:
            clauses, value = f"for e in {maker[0]} if e is not None", f"e.{maker[1]}"
        else:
            names = self.structs.names(parent)
            among = "" if step.types is None else f" if {_among(f'o.{names[TYPENAME]}', step.types)}"
            clauses, value = f"for o in {self._objects(tuple(before))}{among}", f"o.{names[step.key]}"
        kinds = (attribute.kinds[name] for name in step.types or parent.types if name in attribute.kinds)
        for level in range(lists(kinds)):
            clauses += f" for x{level} in {value} or ()"
            value = f"x{level}"
        return f"[{value} {clauses} if {value}]"

    # The answer

    def _finish(self, position: ObjectLayout) -> None:
        """Look at what may be missing, and take away what the client does not see."""
        names, told = self.structs.names(position), position.attributes.get(TYPENAME)
        if position.single is None and told is not None and told.assigned and not (told.fields or told.used):
            raise Unsupported("objects of several types whose type nothing uses")
        lines: list[str] = []
        for type_name in sorted(position.types) if told is not None and told.assigned else (min(position.types),):
            lines += self._finish_type(position, type_name, names)
        if position.single is None and lines and told is not None and not told.definite:
            lines.insert(0, f"if o.{names[TYPENAME]} is UNSET: raise Bailout")
        hidden = [one for one in position.attributes.values() if one.used and not one.fields]
        lines += [f"o.{names[one.key]} = UNSET" for one in hidden]
        if lines:
            self._line(f"for o in {self._objects(tuple(PathStep(key) for key in position.path))}:")
            self._lines(lines, "    ")

    def _finish_type(self, position: ObjectLayout, type_name: str, names: dict[str, str]) -> Iterator[str]:
        """The same for objects of one type."""
        missing, foreign, aliases = [], [], []
        for one in position.attributes.values():
            own = [asked for asked in one.fields if type_name in asked.types]
            name = f"o.{names[one.key]}"
            if one.fields and not own:
                foreign.append(f"{name} = UNSET")
            elif own and own[0].name == TYPENAME:
                aliases += [f"{name} = {type_name!r}"] if position.single is None and one.key != TYPENAME else []
            elif own and one.assigned:
                missing += [f"{name} is UNSET"] if not one.definite else []
                missing += [f"{name} is None"] if one.nullable and is_non_null_type(one.kinds[type_name]) else []
            elif own and position.single is None:
                missing += ["True"] if is_non_null_type(one.kinds[type_name]) else []
                aliases += [f"{name} = None"]
        lines = [f"if {' or '.join(missing)}: raise Bailout"] if missing else []
        lines += foreign + aliases
        if position.single is None and lines and TYPENAME in names:
            yield f"if o.{names[TYPENAME]} == {type_name!r}:"
            lines = [f"    {line}" for line in lines]
        yield from lines

    def _answer(self, root: ObjectLayout) -> None:
        names = self.structs.names(root)
        values: dict[str, str] = {}
        for key, one in root.attributes.items():
            if one.fields and all(field.name == TYPENAME for field in one.fields):
                values[key] = repr(root.single)
            elif one.fields and (key in self._root or one.nullable):
                values[key] = self._root.get(key, "None")
            elif one.fields:
                raise Unsupported("a non-null field that nobody is asked for")
        self.structs.write("Root", [f"{names[key]}: Any" for key in values], {names[key]: key for key in values})
        self.structs.write("Response", ["data: Root"])
        given = ", ".join(f"{names[key]}={value}" for key, value in values.items())
        self._line(f"return encode(Response(data=Root({given})))")

    def _line(self, line: str) -> None:
        self._body.append(line)

    def _lines(self, lines: Iterable[str], indent: str) -> None:
        self._body += [indent + line for line in lines]


def _fetches(nodes: Iterable[PlanNode]) -> Iterator[Fetch]:
    for node in nodes:
        if not isinstance(node, Fetch):
            raise Unsupported("waves within a wave")
        yield node


def _given(position: ObjectLayout) -> list[Attribute]:
    """What the objects at a position come with, and is kept."""
    return [one for one in position.attributes.values() if one.in_place and (one.fields or one.used)]


def _found(asked: EntitiesRequest, kind: str) -> str:
    """The list of the entities as objects of this type."""
    return f"{asked.seen.replace('seen', 'found')}_{kind}"


def _tuple(values: Iterable[str]) -> str:
    """One value as itself, several as a tuple."""
    found = list(values)
    return found[0] if len(found) == 1 else f"({', '.join(found)})"


def _among(value: str, types: frozenset[str]) -> str:
    *others, last = sorted(types)
    return f"{value} in {(*others, last)!r}" if others else f"{value} == {last!r}"
