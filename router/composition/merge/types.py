"""Named types of the supergraph, one function a kind: outputs are united, inputs cut down to what all have.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/composition-rules#merging-types-from-multiple-subgraphs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from router.composition.errors import ErrorCode, quoted
from router.composition.merge.applications import DirectiveMerger
from router.composition.merge.context import MergeContext, Sources, present
from router.composition.merge.fields import FieldMerger
from router.composition.merge.join import (
    join_directives,
    join_fields,
    join_implements,
    join_members,
    join_types,
    join_values,
)
from router.composition.merge.override import Overrides, overrides_of
from router.composition.merge.references import merge_default, merge_description, merge_type
from router.composition.merge.sharing import check_sharing, check_subscription
from router.federation.model import ROOT_NAMES, Directive, EnumValue, Field, InputValue, Kind, Type


class TypeMerger:
    def __init__(self, ctx: MergeContext) -> None:
        self._ctx = ctx
        self._directives = DirectiveMerger(ctx)
        self.fields = FieldMerger(ctx, self._directives)

    def merge(self, name: str, kind: Kind) -> Type | None:
        """The supergraph's type of that name; None if nothing is left of it."""
        sources = self.sources(name, kind)
        self._check_base(name, kind, sources)
        by_kind: Mapping[Kind, Callable[[Type, Sources[Type]], Type | None]] = {
            Kind.OBJECT: self._object,
            Kind.INTERFACE: self._interface,
            Kind.UNION: self._union,
            Kind.ENUM: self._enum,
            Kind.INPUT: self._input,
        }
        shallow = self._ctx.shallow.types[name]
        head = Type(
            kind=kind,
            name=name,
            description=merge_description(self._ctx, sources, name),
            directives=(
                *join_implements(self._ctx, sources),
                *join_types(self._ctx, sources),
                *join_directives(self._ctx, sources),
                *self._applied(kind, sources, name),
            ),
            interfaces=shallow.interfaces,
            members=shallow.members,
        )
        return by_kind[kind](head, sources) if kind in by_kind else head

    def sources(self, name: str, kind: Kind) -> dict[int, Type]:
        """What the subgraphs have of that name and kind."""
        subgraphs = self._ctx.subgraphs
        found = ((index, subgraphs[index].schema.types[name]) for index in self._ctx.having(name))
        return {index: type_ for index, type_ in found if subgraphs[index].supergraph_kind(type_) is kind}

    def _applied(self, kind: Kind, sources: Sources[Type], name: str) -> tuple[Directive, ...]:
        if kind is Kind.INTERFACE:
            return self._directives.merge_protected(sources, name)
        return self._directives.merge(sources, name)

    def _check_base(self, name: str, kind: Kind, sources: Sources[Type]) -> None:
        found = present(sources)
        if kind is Kind.OBJECT and name in ROOT_NAMES.values():
            return
        if not any(source.defined for source in found.values()):
            for index, source in found.items():
                message = f'Define the type "{name}" in some subgraph: it is only extended'
                self._ctx.report.error(ErrorCode.EXTENSION_WITH_NO_BASE, message, self._ctx.subgraphs[index].at(source))

    # Objects and interfaces

    def _object(self, head: Type, sources: Sources[Type]) -> Type | None:
        is_entity = self._hint_inconsistent_entity(head.name, sources)
        is_value = not is_entity and head.name not in ROOT_NAMES.values()
        fields = {}
        for name, field_sources in self._field_sources(head.name, sources).items():
            if is_value:
                self._hint_inconsistent_field(head, name, sources)
            overrides = overrides_of(self._ctx, head.name, field_sources)
            if head.name == ROOT_NAMES["subscription"]:
                check_subscription(self._ctx, head.name, name, field_sources)
            fields[name] = self._field(head.name, name, field_sources, overrides)
            check_sharing(self._ctx, head.name, name, field_sources, overrides)
        return replace(head, fields=fields) if fields else None

    def _interface(self, head: Type, sources: Sources[Type]) -> Type:
        has_key = self._check_interface_keys(head.name, sources)
        self._check_interface_objects(head.name, sources)
        fields = {}
        for name, field_sources in self._field_sources(head.name, sources).items():
            if not has_key:
                self._hint_inconsistent_field(head, name, sources)
            overrides = overrides_of(self._ctx, head.name, field_sources)
            fields[name] = self._field(head.name, name, field_sources, overrides)
        return replace(head, fields=fields)

    def _field(self, type_name: str, name: str, sources: Sources[Field], overrides: Overrides) -> Field:
        field = self.fields.merge(type_name, name, sources, overrides)
        carried = join_directives(self._ctx, sources)
        if not carried:
            return field
        return replace(field, directives=(*field.directives, *carried))

    def _field_sources(self, type_name: str, sources: Sources[Type]) -> dict[str, dict[int, Field | None]]:
        """For each field: what each subgraph that has the type, or an `@interfaceObject` above it, says of it."""
        subgraphs = self._ctx.subgraphs
        concerned = set(self._ctx.having(type_name))
        for interface in self._ctx.shallow.types[type_name].interfaces:
            above = ((index, subgraphs[index].schema.types[interface]) for index in self._ctx.having(interface))
            concerned.update(index for index, each in above if subgraphs[index].is_interface_object(each))
        found: dict[str, dict[int, Field | None]] = {}
        for index, source in present(sources).items():
            for name, field in source.fields.items():
                if not self._ctx.subgraphs[index].is_operation_field(type_name, name):
                    found.setdefault(name, dict.fromkeys(sorted(concerned)))[index] = field
        return found

    def _hint_inconsistent_entity(self, name: str, sources: Sources[Type]) -> bool:
        found = present(sources)
        entities = [index for index, source in found.items() if self._ctx.subgraphs[index].has(source, "key")]
        if entities and len(entities) < len(found):
            message = f'"{name}" has a @key in {self._ctx.names(entities)}, but not in all subgraphs that define it'
            self._ctx.report.hint("INCONSISTENT_ENTITY", message, self._ctx.at(sources))
        return bool(entities)

    def _hint_inconsistent_field(self, head: Type, name: str, sources: Sources[Type]) -> None:
        lacking = []
        for index, source in present(sources).items():
            subgraph = self._ctx.subgraphs[index]
            if subgraph.is_interface_object(source) or name in source.fields:
                continue
            all_external = all(subgraph.is_external(head.name, field) for field in source.fields.values())
            if not all_external and not (
                head.kind is Kind.INTERFACE and self._ctx.by_interface_object(head.name, name)
            ):
                lacking.append(index)
        if lacking:
            message = f'"{head.name}.{name}" is not in {self._ctx.names(lacking)}, which have "{head.name}"'
            code = f"INCONSISTENT_{head.kind.name}_VALUE_TYPE_FIELD"
            self._ctx.report.hint(code, message, self._ctx.at(sources))

    def _check_interface_keys(self, name: str, sources: Sources[Type]) -> bool:
        """A subgraph that resolves an interface by a key must know all its types."""
        implementations = self._ctx.shallow.possible_types(name)
        has_key = False
        for index, source in present(sources).items():
            subgraph = self._ctx.subgraphs[index]
            keys = subgraph.applied(source, "key") if source.kind is Kind.INTERFACE else ()
            has_key = has_key or bool(keys)
            resolvable = next((key for key in keys if key.arguments.get("resolvable") is not False), None)
            missing = sorted(implementations - subgraph.schema.possible_types(name))
            if resolvable and missing:
                message = f'Define {quoted(missing)} too, or remove the @key of the interface "{name}"'
                code = ErrorCode.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE
                self._ctx.report.error(code, message, subgraph.at(resolvable))
        return has_key

    def _check_interface_objects(self, name: str, sources: Sources[Type]) -> None:
        for index, source in present(sources).items():
            subgraph = self._ctx.subgraphs[index]
            if not subgraph.is_interface_object(source):
                continue
            defined = sorted(self._ctx.shallow.possible_types(name) & subgraph.schema.types.keys())
            if defined:
                message = f'Remove {quoted(defined)}: "{name}" is an @interfaceObject here and stands for them'
                self._ctx.report.error(ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, subgraph.at(source))

    # Unions, enums, input objects

    def _union(self, head: Type, sources: Sources[Type]) -> Type:
        for member in head.members:
            lacking = [index for index, source in present(sources).items() if member not in source.members]
            if lacking:
                message = f'"{member}" is no member of the union "{head.name}" in {self._ctx.names(lacking)}'
                self._ctx.report.hint("INCONSISTENT_UNION_MEMBER", message, self._ctx.at(sources))
        return replace(head, directives=(*head.directives, *join_members(self._ctx, sources, head.members)))

    def _enum(self, head: Type, sources: Sources[Type]) -> Type:
        positions = self._ctx.enum_positions.get(head.name)
        if not positions:
            message = f'Nothing uses the enum "{head.name}": it is merged like one for output'
            self._ctx.report.hint("UNUSED_ENUM_TYPE", message, self._ctx.at(sources))
        found = present(sources)
        names = dict.fromkeys(name for source in found.values() for name in source.values)
        values = {name: self._enum_value(head, name, found, positions or {"output": ""}) for name in names}
        kept = {name: value for name, value in values.items() if value}
        if not kept:
            message = f'Give the enum "{head.name}" a value that all subgraphs have: only these are merged'
            self._ctx.report.error(ErrorCode.EMPTY_MERGED_ENUM_TYPE, message, self._ctx.at(sources))
        return replace(head, values=kept)

    def _enum_value(
        self, head: Type, name: str, found: Mapping[int, Type], positions: Mapping[str, str]
    ) -> EnumValue | None:
        coordinate = f"{head.name}.{name}"
        sources = {index: source.values.get(name) for index, source in found.items()}
        applied = self._directives.merge(sources, coordinate)
        value = EnumValue(
            name,
            merge_description(self._ctx, sources, coordinate),
            (*join_values(self._ctx, sources), *applied),
        )
        missing = [index for index, source in sources.items() if source is None]
        if not missing:
            return value
        at = [at for index, source in found.items() for at in self._ctx.subgraphs[index].at(source)]
        if "input" not in positions:
            message = f'The enum value "{coordinate}" is not in {self._ctx.names(missing)}'
            self._ctx.report.hint("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", message, at)
            return value
        if any(directive.name == self._ctx.features.name_of("inaccessible") for directive in applied):
            return value
        if "output" in positions:
            message = (
                f'Add the value "{name}" to the enum "{head.name}" in {self._ctx.names(missing)}: all must have it, for'
                f' the enum is used for input ("{positions["input"]}") and for output ("{positions["output"]}")'
            )
            self._ctx.report.error(ErrorCode.ENUM_VALUE_MISMATCH, message, at)
            return value
        message = f'The enum value "{coordinate}" is not in the supergraph: {self._ctx.names(missing)} do not have it'
        self._ctx.report.hint("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", message, at)
        return None

    def _input(self, head: Type, sources: Sources[Type]) -> Type:
        found = present(sources)
        names = dict.fromkeys(name for source in found.values() for name in source.inputs)
        fields = {}
        for name in names:
            field_sources = {index: source.inputs.get(name) for index, source in found.items()}
            field = self._input_field(head.name, name, field_sources)
            if self._is_in_all(f"{head.name}.{name}", field, field_sources):
                fields[name] = field
        if not fields:
            message = f'Give the input type "{head.name}" a field that all subgraphs have: only these are merged'
            self._ctx.report.error(ErrorCode.EMPTY_MERGED_INPUT_TYPE, message, self._ctx.at(sources))
        return replace(head, inputs=fields)

    def _input_field(self, type_name: str, name: str, sources: Sources[InputValue]) -> InputValue:
        coordinate = f"{type_name}.{name}"
        type_, consistent = merge_type(self._ctx, sources, coordinate, position="input")
        return InputValue(
            name=name,
            type=type_,
            default=merge_default(self._ctx, sources, coordinate, ErrorCode.INPUT_FIELD_DEFAULT_MISMATCH),
            description=merge_description(self._ctx, sources, coordinate),
            directives=(
                *join_fields(self._ctx, type_name, sources, Overrides(), consistent=consistent),
                *self._directives.merge(sources, coordinate),
            ),
        )

    def _is_in_all(self, coordinate: str, field: InputValue, sources: Sources[InputValue]) -> bool:
        missing = [index for index, source in sources.items() if source is None]
        inaccessible = self._ctx.features.name_of("inaccessible")
        if not missing or any(directive.name == inaccessible for directive in field.directives):
            return True
        required = [index for index, source in present(sources).items() if source.required]
        if required:
            message = (
                f'Add the input field "{coordinate}" in {self._ctx.names(missing)},'
                f" or make it optional in {self._ctx.names(required)}"
            )
            code = ErrorCode.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH
            self._ctx.report.error(code, message, self._ctx.at(sources))
        else:
            message = f'The input field "{coordinate}" is not in the supergraph: {self._ctx.names(missing)} lack it'
            self._ctx.report.hint("INCONSISTENT_INPUT_OBJECT_FIELD", message, self._ctx.at(sources))
        return False
