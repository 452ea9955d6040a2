"""The join specification's directives: from which subgraph what comes.

https://specs.apollo.dev/join/v0.3
"""

from __future__ import annotations

from typing import Any

from router.composition.merge.context import MergeContext, Sources, present
from router.composition.merge.override import Overrides
from router.composition.subgraph import SubgraphSchema, parse_context
from router.federation.links import Version
from router.federation.model import (
    Directive,
    DirectiveDefinition,
    EnumValue,
    Field,
    InputValue,
    Kind,
    Type,
)
from router.federation.specs import join_version
from router.federation.types import parse_ref
from router.federation.values import UNSET, Value


def join_types(ctx: MergeContext, sources: Sources[Type]) -> tuple[Directive, ...]:
    """A `@join__type` for each subgraph, or for each of its keys."""
    found = []
    for index, source in present(sources).items():
        subgraph = ctx.subgraphs[index]
        interface_object = subgraph.is_interface_object(source)
        for key in subgraph.applied(source, "key") or (None,):
            arguments: dict[str, Value] = {"graph": ctx.graph(index)}
            if key:
                arguments["key"] = key.arguments.get("fields")
                if key.extension or subgraph.has(source, "extends"):
                    arguments["extension"] = True
                if key.arguments.get("resolvable") is not None:
                    arguments["resolvable"] = key.arguments["resolvable"]
            if interface_object:
                arguments["isInterfaceObject"] = True
            found.append(Directive("join__type", arguments))
    return tuple(found)


def join_implements(ctx: MergeContext, sources: Sources[Type]) -> tuple[Directive, ...]:
    return tuple(
        Directive("join__implements", {"graph": ctx.graph(index), "interface": interface})
        for index, source in present(sources).items()
        for interface in source.interfaces
    )


def join_members(ctx: MergeContext, sources: Sources[Type], members: tuple[str, ...]) -> tuple[Directive, ...]:
    return tuple(
        Directive("join__unionMember", {"graph": ctx.graph(index), "member": member})
        for member in members
        for index, source in present(sources).items()
        if member in source.members
    )


def join_values(ctx: MergeContext, sources: Sources[EnumValue]) -> tuple[Directive, ...]:
    return tuple(Directive("join__enumValue", {"graph": ctx.graph(index)}) for index in present(sources))


def join_directives(ctx: MergeContext, sources: Sources[Any]) -> tuple[Directive, ...]:
    """Directives that are carried as data, with the subgraphs that apply them."""
    found: dict[str, tuple[str, dict[str, Value], list[Value]]] = {}
    for index, source in present(sources).items():
        for directive in source.directives:
            if directive.name in ctx.features.by_join_directive:
                origin = ctx.subgraphs[index].links.origin(directive.name, directive=True)
                name = f"{origin.feature.url.name}__{origin.name}" if origin else directive.name
                key = f"{name}{sorted(directive.arguments.items(), key=str)}"
                found.setdefault(key, (name, dict(directive.arguments), []))[2].append(ctx.graph(index))
    return tuple(
        Directive("join__directive", {"graphs": graphs, "name": name, "args": arguments})
        for name, arguments, graphs in found.values()
    )


# Fields


def join_fields(
    ctx: MergeContext,
    type_name: str,
    sources: Sources[Any],
    overrides: Overrides,
    *,
    consistent: bool,
) -> tuple[Directive, ...]:
    """A `@join__field` for each subgraph; none if all that have the type resolve the field in the same way."""
    if consistent and not _needs_join(ctx, type_name, sources, overrides):
        return ()
    found = []
    for index, source in present(sources).items():
        if index in overrides.unused and index not in overrides.labels:
            continue
        arguments: dict[str, Value] = {"graph": ctx.graph(index)}
        if isinstance(source, Field):
            arguments |= _field_arguments(ctx.subgraphs[index], type_name, source)
        if not consistent:
            arguments["type"] = str(source.type)
        if index in overrides.used:
            arguments["usedOverridden"] = True
        if index in overrides.labels:
            arguments["overrideLabel"] = overrides.labels[index]
        found.append(Directive("join__field", arguments))
    return tuple(found)


def _needs_join(ctx: MergeContext, type_name: str, sources: Sources[Any], overrides: Overrides) -> bool:
    if overrides.used or overrides.labels:
        return True
    for index, source in sources.items():
        subgraph = ctx.subgraphs[index]
        if source is None or index in overrides.unused:
            if type_name in subgraph.schema.types:
                return True
        elif isinstance(source, Field):
            if subgraph.is_external(type_name, source):
                return True
            if subgraph.has(source, "provides") or subgraph.has(source, "requires"):
                return True
            if any(subgraph.has(argument, "fromContext") for argument in source.arguments.values()):
                return True
    return False


def _field_arguments(subgraph: SubgraphSchema, type_name: str, field: Field) -> dict[str, Value]:
    arguments: dict[str, Value] = {}
    for name in ("requires", "provides"):
        for directive in subgraph.applied(field, name):
            arguments[name] = directive.arguments.get("fields")
    for directive in subgraph.applied(field, "override"):
        arguments["override"] = directive.arguments.get("from")
    if subgraph.is_external(type_name, field):
        arguments["external"] = True
    contexts = [each for argument in field.arguments.values() for each in _context_argument(subgraph, argument)]
    if contexts:
        arguments["contextArguments"] = contexts
    return arguments


def _context_argument(subgraph: SubgraphSchema, argument: InputValue) -> list[Value]:
    found = []
    for directive in subgraph.applied(argument, "fromContext"):
        context, selection = parse_context(directive.arguments.get("field"))
        found.append(
            {
                "context": f"{subgraph.name}__{context}",
                "name": argument.name,
                "type": str(argument.type),
                "selection": selection,
            }
        )
    return found


# Definitions

_TYPE_LOCATIONS = ("OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT", "SCALAR")
_FIELD_ARGUMENTS = {
    "graph": "join__Graph",
    "requires": "join__FieldSet",
    "provides": "join__FieldSet",
    "type": "String",
    "external": "Boolean",
    "override": "String",
    "usedOverridden": "Boolean",
}
_CONTEXT_ARGUMENT = {"name": "String!", "type": "String!", "context": "String!", "selection": "join__FieldValue!"}


def _inputs(types: dict[str, str], **defaults: Value) -> dict[str, InputValue]:
    return {name: InputValue(name, parse_ref(type_), defaults.get(name, UNSET)) for name, type_ in types.items()}


def join_definitions(federation: Version) -> list[DirectiveDefinition]:
    """The directives of the join specification that goes with a federation version."""
    version = join_version(federation)
    field_arguments = dict(_FIELD_ARGUMENTS)
    if version >= Version(0, 4):
        field_arguments["overrideLabel"] = "String"
    if version >= Version(0, 5):
        field_arguments["contextArguments"] = "[join__ContextArgument!]"
    type_arguments = {
        "graph": "join__Graph!",
        "key": "join__FieldSet",
        "extension": "Boolean!",
        "resolvable": "Boolean!",
        "isInterfaceObject": "Boolean!",
    }
    graph = {"graph": "join__Graph!"}
    definitions = [
        DirectiveDefinition("join__graph", ("ENUM_VALUE",), _inputs({"name": "String!", "url": "String!"})),
        DirectiveDefinition(
            "join__type",
            _TYPE_LOCATIONS,
            _inputs(type_arguments, extension=False, resolvable=True, isInterfaceObject=False),
            repeatable=True,
        ),
        DirectiveDefinition(
            "join__field", ("FIELD_DEFINITION", "INPUT_FIELD_DEFINITION"), _inputs(field_arguments), repeatable=True
        ),
        DirectiveDefinition(
            "join__implements", ("OBJECT", "INTERFACE"), _inputs({**graph, "interface": "String!"}), repeatable=True
        ),
        DirectiveDefinition("join__unionMember", ("UNION",), _inputs({**graph, "member": "String!"}), repeatable=True),
        DirectiveDefinition("join__enumValue", ("ENUM_VALUE",), _inputs(graph), repeatable=True),
    ]
    if version >= Version(0, 4):
        arguments = {"graphs": "[join__Graph!]", "name": "String!", "args": "join__DirectiveArguments"}
        locations = ("SCHEMA", "OBJECT", "INTERFACE", "FIELD_DEFINITION")
        definitions.append(DirectiveDefinition("join__directive", locations, _inputs(arguments), repeatable=True))
    return definitions


def join_type_definitions(ctx: MergeContext) -> list[Type]:
    """The types of the join specification; the enum of subgraphs holds their names and addresses."""
    version = join_version(ctx.features.version)
    graphs = {
        str(ctx.graph(index)): EnumValue(
            ctx.graph(index),
            directives=(Directive("join__graph", {"name": subgraph.name, "url": subgraph.url}),),
        )
        for index, subgraph in enumerate(ctx.subgraphs)
    }
    types = [Type(Kind.SCALAR, "join__FieldSet"), Type(Kind.ENUM, "join__Graph", values=graphs)]
    if version >= Version(0, 4):
        types.append(Type(Kind.SCALAR, "join__DirectiveArguments"))
    if version >= Version(0, 5):
        types.append(Type(Kind.SCALAR, "join__FieldValue"))
        types.append(Type(Kind.INPUT, "join__ContextArgument", inputs=_inputs(_CONTEXT_ARGUMENT)))
    return types
