"""Adds the definitions of linked features to a subgraph, and compares those that the subgraph brings itself.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from router.composition.errors import ErrorCode
from router.federation.links import Feature
from router.federation.model import DirectiveDefinition, EnumValue, InputValue, Kind, Schema, Type
from router.federation.specs import FEDERATION_1, DirectiveSpec, FeatureSpec
from router.federation.types import ListOf, Named, NonNull, TypeRef, nullable, parse_ref
from router.federation.values import Unset, same, show

DefinitionProblem = tuple[ErrorCode, str, Type | DirectiveDefinition]


def link_definitions(alias: str, feature: Feature | None) -> Iterator[Type | DirectiveDefinition]:
    """What `@link` itself needs, under the names that the schema gives it."""
    purpose = feature.type_name("Purpose") if feature else f"{alias}__Purpose"
    imports = feature.type_name("Import") if feature else f"{alias}__Import"
    yield Type(Kind.ENUM, purpose, values={name: EnumValue(name) for name in ("SECURITY", "EXECUTION")})
    yield Type(Kind.SCALAR, imports)
    arguments = {"url": "String", "as": "String", "for": purpose, "import": f"[{imports}]"}
    yield DirectiveDefinition(
        alias,
        ("SCHEMA",),
        {name: InputValue(name, parse_ref(type_)) for name, type_ in arguments.items()},
        repeatable=True,
    )


def feature_definitions(feature: Feature, spec: FeatureSpec) -> Iterator[Type | DirectiveDefinition]:
    """The types and directives of a feature, under the names that the schema gives them."""
    for name in spec.types:
        yield Type(Kind.SCALAR, feature.type_name(name))
    for directive in spec.directives.values():
        yield _definition(directive, feature.directive_name(directive.name), feature.type_name)


def federation_1_definitions() -> Iterator[Type | DirectiveDefinition]:
    """What a subgraph that links nothing can use."""
    yield Type(Kind.SCALAR, "_FieldSet")
    for directive in FEDERATION_1:
        yield _definition(directive, directive.name, lambda name: f"_{name}")


def _definition(spec: DirectiveSpec, name: str, type_name: Callable[[str], str]) -> DirectiveDefinition:
    arguments = {
        argument.name: InputValue(
            argument.name,
            parse_ref(re.sub(r"#(\w+)", lambda match: type_name(match[1]), argument.type)),
            argument.default,
        )
        for argument in spec.arguments
    }
    return DirectiveDefinition(name, spec.locations, arguments, spec.repeatable)


def without_misspelt_federation_1(schema: Schema) -> Schema:
    """Without definitions of `@key`, `@provides` and `@requires` that are wrong in the ways old libraries print them."""
    kept = dict(schema.definitions)
    for name in ("key", "provides", "requires"):
        definition = kept.get(name)
        if definition and _is_misspelt(definition):
            del kept[name]
    return replace(schema, definitions=kept)


def _is_misspelt(definition: DirectiveDefinition) -> bool:
    if not definition.arguments:
        return True
    fields = definition.arguments.get("fields")
    return (
        len(definition.arguments) == 1
        and bool(fields)
        and str(fields and fields.type) in ("String", "_FieldSet", "FieldSet")
    )


def complete(schema: Schema, wanted: Iterator[Type | DirectiveDefinition], problems: list[DefinitionProblem]) -> Schema:
    """The schema with what it lacks of `wanted`; adds to `problems` what it defines otherwise."""
    types: dict[str, Type] = dict(schema.types)
    definitions: dict[str, DirectiveDefinition] = dict(schema.definitions)
    for element in wanted:
        if isinstance(element, Type):
            existing = types.setdefault(element.name, element)
            if existing.kind is not element.kind:
                kind = existing.kind.value
                message = f'"{element.name}" must be defined as {element.kind.value}, not as {kind}; or remove it'
                problems.append((ErrorCode.TYPE_DEFINITION_INVALID, message, existing))
            elif existing.values.keys() != element.values.keys():
                message = (
                    f'The values of "{element.name}" must be {", ".join(element.values)}; or remove its definition'
                )
                problems.append((ErrorCode.TYPE_DEFINITION_INVALID, message, existing))
        else:
            defined = definitions.setdefault(element.name, element)
            if defined is not element:
                problems.extend(_differences(element, defined, types))
    return replace(schema, types=types, definitions=definitions)


def _differences(
    expected: DirectiveDefinition, actual: DirectiveDefinition, types: Mapping[str, Type]
) -> Iterator[DefinitionProblem]:
    for message in _argument_differences(expected, actual, types):
        yield (
            ErrorCode.DIRECTIVE_DEFINITION_INVALID,
            f"Correct or remove the definition of @{actual.name}: {message}",
            actual,
        )
    if actual.repeatable and not expected.repeatable:
        message = f"Remove `repeatable` from the definition of @{actual.name}"
        yield ErrorCode.DIRECTIVE_DEFINITION_INVALID, message, actual
    extra = [location for location in actual.locations if location not in expected.locations]
    if extra:
        message = f"Remove {', '.join(extra)} from the locations of @{actual.name}: it is not for these"
        yield ErrorCode.DIRECTIVE_DEFINITION_INVALID, message, actual


def _argument_differences(
    expected: DirectiveDefinition, actual: DirectiveDefinition, types: Mapping[str, Type]
) -> Iterator[str]:
    for argument in expected.arguments.values():
        found = actual.arguments.get(argument.name)
        if not found:
            if argument.required:
                yield f'its argument "{argument.name}" of type "{argument.type}" is missing'
        elif not _is_valid_type(argument.type, found.type, types):
            yield f'its argument "{argument.name}" must be of type "{argument.type}", not "{found.type}"'
        elif not isinstance(found.type, NonNull) and not _same_default(argument, found):
            default = "none" if isinstance(argument.default, Unset) else show(argument.default)
            yield f'the default of its argument "{argument.name}" must be {default}'
    for name in actual.arguments.keys() - expected.arguments.keys():
        yield f'it has no argument "{name}"'


def _same_default(a: InputValue, b: InputValue) -> bool:
    if isinstance(a.default, Unset) or isinstance(b.default, Unset):
        return isinstance(a.default, Unset) and isinstance(b.default, Unset)
    return same(a.default, b.default)


def _is_valid_type(expected: TypeRef, actual: TypeRef, types: Mapping[str, Type]) -> bool:
    if not isinstance(expected, NonNull):
        actual = nullable(actual)
    return expected == actual or _is_valid_redefinition(expected, actual, types)


def _is_valid_redefinition(expected: TypeRef, actual: TypeRef, types: Mapping[str, Type]) -> bool:
    """Whether the types differ only in that a built-in or other type stands for one of the feature's scalars."""
    if isinstance(expected, ListOf):
        return isinstance(actual, ListOf) and _is_valid_redefinition(expected.of, actual.of, types)
    if isinstance(expected, NonNull):
        return isinstance(actual, NonNull) and _is_valid_redefinition(expected.of, actual.of, types)
    if not isinstance(actual, Named):
        return expected.name in types and types[expected.name].kind is Kind.SCALAR
    custom = expected.name in types and types[expected.name].kind is Kind.SCALAR
    return custom and not (actual.name in types and types[actual.name].kind is Kind.SCALAR)
