"""Writes a plan as Python source: a coroutine function that asks, decodes, merges and encodes, on structs.

Each place of the answer has a struct of its own, declared in the answer's order, so that decoding a request's answer builds
the client's objects, and encoding them gives the client's answer. Only what usually happens is written: the code raises
Unfit where a subgraph's answer has an error or is not as the API schema says, and the interpreter takes over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import is_non_null_type

from router.execution.layout import Attribute, Layout, ObjectLayout, Piece, Unsupported
from router.execution.structs import Part, Structs, is_key, lists
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

_MAX_PLACES = 300


@dataclass(slots=True)
class Target:
    """The objects of a source in the code: the lists of them, and of what stands for the entity of each."""

    source: Source
    place: ObjectLayout
    part: Part
    objects: str
    keys: str


@dataclass(slots=True)
class Asked:
    """One `_entities` field in the code. `seen`: what stands for its entities, in the order that they are asked in.

    `careful`: that is each representation in JSON, and None for objects that have none; else it is the key itself.
    """

    entities: Entities
    seen: str
    careful: bool
    targets: list[Target] = field(default_factory=list)


class Writer:
    """Writes the source for one layout, which may use `names`. `constants` are further values that it uses."""

    def __init__(self, layout: Layout, query_plan: QueryPlan, names: Iterable[str]) -> None:
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
        root, *places = self.layout.root.below()
        if len(places) > _MAX_PLACES:
            raise Unsupported("too many places")
        for place in reversed(places):
            self.structs.write_place(place)
        if self.plan.node is not None:
            self._node(self.plan.node)
        for place in places:
            if not place.hidden:
                self._finish(place)
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

    def _ask(self, fetch: Fetch) -> list[Asked]:
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

    def _take(self, fetch: Fetch, asked: list[Asked]) -> None:
        number = self.numbers[id(fetch)]
        root = self.layout.pieces.get((id(fetch), 0))
        data = self._take_entities(number, asked) if root is None else self._take_root(number, root)
        answer = self.structs.unique(f"Answer{number}")
        self.structs.write(answer, [f"data: {data}", "errors: Any = None"])
        self.structs.lines.append(f"decode{number} = Decoder({answer}).decode")

    def _take_root(self, number: int, piece: Piece) -> str:
        if not piece.certain:
            raise Unsupported("root fields of some types")
        part = self.structs.part(self.layout.root, piece, f"Data{number}")
        self._line(f"answer = decode{number}(text(await sent{number}))")
        self._line("if answer.errors: raise Unfit")
        self._line(f"data{number} = answer.data")
        for name, attribute in part.kept.items():
            known = self._root.setdefault(attribute.key, f"data{number}.{name}")
            if name in part.inner and attribute.child is not None:
                self._line(f"{self._join(attribute.child, part.inner[name])}({known}, data{number}.{name})")
            elif attribute.child is not None:
                self._makers[attribute.key,] = (f"(data{number},)", name)
        return part.kind

    # Representations

    def _collect(self, fetch: Fetch, entities: Entities) -> Asked:
        """Write how the objects of an `_entities` field are found, and which stand for the same entity."""
        sources = [one for one in entities.sources if (id(fetch), id(one)) in self.layout.pieces]
        asked = Asked(entities, self.structs.unique("seen"), careful=not self._plain(sources))
        for source in sources:
            place, piece = self.layout.place_at(source.path), self.layout.pieces[id(fetch), id(source)]
            part = self.structs.part(place, piece, f"Entity{self.numbers[id(fetch)]}")
            target = Target(source, place, part, self._objects(source.path), self.structs.unique("keys"))
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
            place = self.layout.place_at(source.path)
            if len(source.representations) != 1 or source.representations[0].types is not None:
                return False
            only = source.representations[0]
            if only.type_name is None or not all(self._is_scalar(place, one) for one in self.layout.inputs(only)):
                return False
            shapes.add((only.type_name, tuple(one.name for one in self.layout.inputs(only))))
        return len(shapes) == 1

    def _is_scalar(self, place: ObjectLayout, one: InputField) -> bool:
        attribute = place.attributes[one.key]
        scalar = not one.fields and one.types is None and is_key(self.structs.annotation(place, attribute))
        return scalar and attribute.certain

    def _collect_plainly(self, target: Target) -> None:
        names, only = self.structs.names(target.place), target.source.representations[0]
        key = _tuple(f"o.{names[one.key]}" for one in self.layout.inputs(only))
        self._line(f"{target.keys} = [{key} for o in {target.objects}]")
        if only.keys and all(target.place.attributes[one.key].nullable for one in only.keys):
            nulls = " and ".join(f"o.{names[one.key]} is None" for one in only.keys)
            self._line(f"if any({nulls} for o in {target.objects}): raise Unfit")

    def _collect_carefully(self, target: Target) -> None:
        """Objects whose representation goes by type, has objects within it, or values that may be absent or null."""
        representations, names = target.source.representations, self.structs.names(target.place)
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

    def _representation(self, target: Target, one: Representation) -> Iterator[str]:
        place, names, inputs = target.place, self.structs.names(target.place), self.layout.inputs(one)
        if len({field.name for field in inputs}) < len(inputs):
            raise Unsupported("parts of one object for several requirements")
        needed = [field.key for field in inputs if field.types is None] + ([] if one.type_name else [TYPENAME])
        if absent := [f"o.{names[key]} is UNSET" for key in needed if not place.attributes[key].certain]:
            yield f"if {' or '.join(absent)}: raise Unfit"
        if one.keys and all(place.attributes[field.key].nullable for field in one.keys):
            yield f"if {' and '.join(f'o.{names[field.key]} is None' for field in one.keys)}: raise Unfit"
        type_name = repr(one.type_name) if one.type_name is not None else f"o.{names[TYPENAME]}"
        yield f"made = {{'__typename': {type_name}}}"
        yield from self._fill(place, inputs)
        yield f"{target.keys}.append(encode(made))"

    def _representations(self, asked: Asked) -> str:
        """The value of the variable that takes the representations."""
        if asked.careful:
            return f"Raw(b'[' + b','.join({asked.seen}) + b']')"
        target = asked.targets[0]
        only = target.source.representations[0]
        names = [one.name for one in self.layout.inputs(only)]
        entries = ", ".join(f"{name!r}: v{number}" for number, name in enumerate(names))
        values = _tuple(f"v{number}" for number, _ in enumerate(names))
        return f"[{{'__typename': {only.type_name!r}, {entries}}} for {values} in {asked.seen}]"

    def _fill(self, place: ObjectLayout, inputs: Iterable[InputField]) -> Iterator[str]:
        """Write the values of an object `o` into `made`."""
        names = self.structs.names(place)
        for one in inputs:
            child, value = place.attributes[one.key].child, f"o.{names[one.key]}"
            if child is not None:
                value = f"{self._inner(child, one.fields)}({value})"
            filled = f"made[{one.name!r}] = {value}"
            yield filled if one.types is None else f"if {_among(f'o.{names[TYPENAME]}', one.types)}: {filled}"

    def _inner(self, place: ObjectLayout, inputs: tuple[InputField, ...]) -> str:
        """The function that gives what is sent of an object, or of a list of them, within another."""
        name, names = self.structs.unique("inner"), self.structs.names(place)
        uncertain = [one.key for one in inputs if not place.attributes[one.key].certain and one.types is None]
        lines = [
            "",
            f"def {name}(o):",
            "    if o is None: return None",
            f"    if type(o) is list: return [{name}(item) for item in o]",
            *(f"    if o.{names[key]} is UNSET: raise Unfit" for key in uncertain),
            "    made = {}",
            *(f"    {line}" for line in self._fill(place, inputs)),
            "    return made",
        ]
        self.structs.lines += lines
        return name

    # Entities

    def _take_entities(self, number: int, asked: list[Asked]) -> str:
        """Write how entities are decoded and given to their objects. The type of the answer's data."""
        fields: list[str] = []
        decoding: list[str] = []
        for one in asked:
            kinds = dict.fromkeys(target.part.kind for target in one.targets)
            if not kinds:
                continue
            apart = len(kinds) > 1  # each place gets objects of its own: what is added to them later differs
            fields.append(f"{one.entities.alias}: {'Raw' if apart else f'list[{min(kinds)} | None]'}")
            for kind in kinds:
                value = f"answer.data.{one.entities.alias}"
                if apart:
                    self.structs.lines.append(f"decode_{kind} = Decoder(list[{kind} | None]).decode")
                    value = f"decode_{kind}({value})"
                decoding.append(f"{_found(one, kind)} = entities({one.seen}, {value})")
        every = dict.fromkeys(_found(one, target.part.kind) for one in asked for target in one.targets)
        self._line(" = ".join([*every, "{}"]))
        self._line(f"if sent{number} is not None:")
        self._line(f"    answer = decode{number}(text(await sent{number}))")
        self._line("    if answer.errors: raise Unfit")
        self._lines(decoding, "    ")
        for one in asked:
            for target in one.targets:
                self._lines(self._merge(target, _found(one, target.part.kind), careful=one.careful), "    ")
                self._remember(target, one)
        return self.structs.write(self.structs.unique(f"Data{number}"), fields)

    def _merge(self, target: Target, found: str, *, careful: bool) -> Iterator[str]:
        """Give the objects of a source what their entities have."""
        part, own = target.part, self.structs.names(target.place)
        kept = part.kept.values()
        if careful:
            yield f"for o, key in zip({target.objects}, {target.keys}):"
            yield "    if key is None: continue"
            yield f"    e = {found}[key]"
        else:
            yield f"for o, e in zip({target.objects}, map({found}.__getitem__, {target.keys})):"
        if any(not one.nullable or one.used or one.again or not one.certain for one in kept):
            yield "    if e is None: raise Unfit"
        else:
            nulls = "; ".join(f"o.{own[one.key]} = None" for one in kept)
            yield f"    if e is None: {nulls or 'pass'}; continue"
        for line in self._assign(target.place, part):
            yield f"    {line}"

    def _assign(self, place: ObjectLayout, part: Part) -> Iterator[str]:
        """Give an object `o` what is in a part `e`; of a leaf that it has already, what is there and not null stays."""
        own = self.structs.names(place)
        for name, one in part.kept.items():
            value = f"o.{own[one.key]}"
            line = f"{value} = e.{name}"
            if name in part.inner and one.child is not None:
                line = f"{self._join(one.child, part.inner[name])}({value}, e.{name})"
            elif one.in_place or id(one) in self._there:
                line = (
                    f"if not {value}: {line}" if part.certain else f"if not {value} and e.{name} is not UNSET: {line}"
                )
                yield line
                continue
            self._there.add(id(one))
            yield line if part.certain else f"if e.{name} is not UNSET: {line}"

    def _join(self, place: ObjectLayout, part: Part) -> str:
        """The function that gives an object, or each of a list, what is in a part of it that another request brings."""
        name = self.structs.unique("join")
        lines = [
            "",
            f"def {name}(o, e):",
            "    if o is None or o is UNSET or e is None:",
            "        if o is not e: raise Unfit",
            "    elif type(o) is list:",
            "        if len(o) != len(e): raise Unfit",
            f"        for one, other in zip(o, e): {name}(one, other)",
            "    else:",
            *(f"        {line}" for line in self._assign(place, part)),
        ]
        self.structs.lines += lines
        return name

    def _remember(self, target: Target, asked: Asked) -> None:
        """Where the objects within the entities of a source are found once, though several objects share them."""
        if asked.careful or any(step.types is not None for step in target.source.path):
            return
        path = tuple(step.key for step in target.source.path)
        found = f"{_found(asked, target.part.kind)}.values()"
        if len(asked.targets) > 1:
            found = f"map({_found(asked, target.part.kind)}.__getitem__, dict.fromkeys({target.keys}))"
        for name, one in target.part.kept.items():
            if one.child is not None and name not in target.part.inner:
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
        leading = self.layout.place_at(tuple(before)).attributes[step.key]
        place = self.layout.place_at(path)
        brought = [one for one in place.attributes.values() if one.brought]
        given = _given(place)
        return (
            all(one.types is None for one in path)
            and not (leading.again or place.single is None or place.abstract)
            and tuple(one.key for one in path) not in self._makers
            and lists(leading.kinds.values()) == 0
            and len(given) > 0
            and any(not one.in_place for one in brought)
            and all(one.certain and is_key(self.structs.annotation(place, one)) for one in given)
            and all(delivery.everywhere for one in brought for delivery in one.deliveries)
        )

    def _share(self, path: Path, name: str) -> None:
        """Write how references that are equal become one object, so that what they get is given once."""
        *before, step = path
        place, parent = self.layout.place_at(path), self.layout.place_at(tuple(before))
        names, held = self.structs.names(place), f"o.{self.structs.names(parent)[step.key]}"
        key = _tuple(f"e.{names[one.key]}" for one in _given(place))
        parents = self._objects(tuple(before))
        self._line(f"{name} = {{}}")
        self._line(f"for o in {parents}:")
        self._line(f"    if e := {held}: {held} = {name}.setdefault({key}, e)")
        self._line(f"{name} = list({name}.values())")

    def _search(self, path: Path) -> str:
        *before, step = path
        parent = self.layout.place_at(tuple(before))
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

    def _finish(self, place: ObjectLayout) -> None:
        """Look at what may be missing, and take away what the client does not see."""
        names, told = self.structs.names(place), place.attributes.get(TYPENAME)
        lines: list[str] = []
        for type_name in sorted(place.types) if told is not None and told.brought else (min(place.types),):
            lines += self._finish_type(place, type_name, names)
        if place.single is None and lines and told is not None and not told.certain:
            lines.insert(0, f"if o.{names[TYPENAME]} is UNSET: raise Unfit")
        hidden = [one for one in place.attributes.values() if one.used and not one.fields]
        lines += [f"o.{names[one.key]} = UNSET" for one in hidden]
        if lines:
            self._line(f"for o in {self._objects(tuple(PathStep(key) for key in place.path))}:")
            self._lines(lines, "    ")

    def _finish_type(self, place: ObjectLayout, type_name: str, names: dict[str, str]) -> Iterator[str]:
        """The same for objects of one type."""
        missing, foreign, aliases = [], [], []
        for one in place.attributes.values():
            own = [asked for asked in one.fields if type_name in asked.types]
            name = f"o.{names[one.key]}"
            if one.fields and not own:
                foreign.append(f"{name} = UNSET")
            elif own and own[0].name == TYPENAME:
                aliases += [f"{name} = {type_name!r}"] if place.single is None and one.key != TYPENAME else []
            elif own and one.brought:
                missing += [f"{name} is UNSET"] if not one.certain else []
                missing += [f"{name} is None"] if one.nullable and is_non_null_type(one.kinds[type_name]) else []
            elif own and place.single is None:
                missing += ["True"] if is_non_null_type(one.kinds[type_name]) else []
                aliases += [f"{name} = None"]
        lines = [f"if {' or '.join(missing)}: raise Unfit"] if missing else []
        lines += foreign + aliases
        if place.single is None and lines and TYPENAME in names:
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


def _given(place: ObjectLayout) -> list[Attribute]:
    """What the objects at a place come with, and is kept."""
    return [one for one in place.attributes.values() if one.in_place and (one.fields or one.used)]


def _found(asked: Asked, kind: str) -> str:
    """The list of the entities as objects of this type."""
    return f"{asked.seen.replace('seen', 'found')}_{kind}"


def _tuple(values: Iterable[str]) -> str:
    """One value as itself, several as a tuple."""
    found = list(values)
    return found[0] if len(found) == 1 else f"({', '.join(found)})"


def _among(value: str, types: frozenset[str]) -> str:
    *others, last = sorted(types)
    return f"{value} in {(*others, last)!r}" if others else f"{value} == {last!r}"
