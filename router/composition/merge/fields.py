"""Fields of objects and interfaces: one field of the supergraph from those of the subgraphs.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/composition-rules#input-types-and-field-arguments
"""

from __future__ import annotations

from typing import Any

from router.composition.errors import ErrorCode
from router.composition.graphql_rules import is_subtype
from router.composition.merge.applications import DirectiveMerger
from router.composition.merge.context import MergeContext, Sources, present
from router.composition.merge.join import join_fields
from router.composition.merge.override import Overrides
from router.composition.merge.references import distribution, merge_default, merge_description, merge_type
from router.federation.model import Field, InputValue
from router.federation.types import TypeRef
from router.federation.values import Unset, same, show


class FieldMerger:
    def __init__(self, ctx: MergeContext, directives: DirectiveMerger) -> None:
        self._ctx = ctx
        self._directives = directives

    def merge(self, type_name: str, name: str, sources: Sources[Field], overrides: Overrides) -> Field:
        """The supergraph's field; reports where the subgraphs do not agree."""
        coordinate = f"{type_name}.{name}"
        if self._is_external_everywhere(type_name, name, sources):
            message = f'Define "{coordinate}" without @external in some subgraph: it is external in all that have it'
            self._ctx.report.error(ErrorCode.EXTERNAL_MISSING_ON_BASE, message, self._ctx.at(sources))
            return next(iter(present(sources).values()))
        resolved = self._without_external(type_name, sources)
        described = present(resolved)
        arguments = self.merge_arguments(resolved, coordinate) if described else {}
        type_, consistent = merge_type(self._ctx, resolved if described else sources, coordinate, position="output")
        self._check_external(type_name, sources, coordinate, type_, arguments, consistent=consistent)
        return Field(
            name=name,
            type=type_,
            arguments=arguments,
            description=merge_description(self._ctx, resolved, coordinate),
            directives=(
                *join_fields(self._ctx, type_name, sources, overrides, consistent=consistent),
                *self._directives.merge_protected(resolved, coordinate),
            ),
        )

    def _is_external(self, index: int, type_name: str, field: Field) -> bool:
        return self._ctx.subgraphs[index].is_external(type_name, field)

    def _is_external_everywhere(self, type_name: str, name: str, sources: Sources[Field]) -> bool:
        for index, source in sources.items():
            if source is None:
                abstracted = self._ctx.abstracted(index, type_name, name)
                if not all(self._is_external(index, interface, field) for interface, field in abstracted):
                    return False
            elif not self._is_external(index, type_name, source):
                return False
        return True

    def _without_external(self, type_name: str, sources: Sources[Field]) -> dict[int, Field | None]:
        """The sources that resolve the field; reports directives for clients on the others."""
        resolved: dict[int, Field | None] = {}
        for index, source in sources.items():
            if source is None or not self._is_external(index, type_name, source):
                resolved[index] = source
                continue
            resolved[index] = None
            for directive in source.directives:
                if self._ctx.is_merged_directive(index, directive.name):
                    message = (
                        f'Move @{directive.name} from the @external field "{type_name}.{source.name}" to its owner'
                    )
                    at = self._ctx.subgraphs[index].at(directive)
                    self._ctx.report.error(ErrorCode.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL, message, at)
        return resolved

    # Arguments

    def merge_arguments(self, sources: Sources[Any], coordinate: str) -> dict[str, InputValue]:
        """The arguments that all sources have; one filled from a context is not for clients."""
        names = dict.fromkeys(name for source in present(sources).values() for name in source.arguments)
        merged = {}
        for name in names:
            arguments = {index: source.arguments.get(name) for index, source in present(sources).items()}
            where = f"{coordinate}({name}:)"
            if not self._is_contextual(arguments, where) and self._is_in_all(arguments, where):
                merged[name] = self.merge_argument(arguments, where)
        return merged

    def merge_argument(self, sources: Sources[InputValue], coordinate: str) -> InputValue:
        type_, _ = merge_type(self._ctx, sources, coordinate, position="input", argument=True)
        return InputValue(
            name=next(iter(present(sources).values())).name,
            type=type_,
            default=merge_default(self._ctx, sources, coordinate, ErrorCode.FIELD_ARGUMENT_DEFAULT_MISMATCH),
            description=merge_description(self._ctx, sources, coordinate),
            directives=self._directives.merge(sources, coordinate),
        )

    def _is_contextual(self, arguments: Sources[InputValue], coordinate: str) -> bool:
        found = present(arguments)
        contextual = [index for index, each in found.items() if self._ctx.subgraphs[index].has(each, "fromContext")]
        for index, argument in found.items() if contextual else ():
            if index in contextual:
                continue
            at = self._ctx.subgraphs[index].at(argument)
            if argument.required:
                message = (
                    f'Make "{coordinate}" optional in {self._ctx.names([index])}: elsewhere a context gives its value'
                )
                code = ErrorCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS
                self._ctx.report.error(code, message, at)
            else:
                message = f'"{coordinate}" is not in the supergraph: a context gives its value in some subgraph'
                self._ctx.report.hint("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", message, at)
        return bool(contextual)

    def _is_in_all(self, arguments: Sources[InputValue], coordinate: str) -> bool:
        found = present(arguments)
        missing = [index for index, each in arguments.items() if each is None]
        if not missing:
            return True
        required = [index for index, each in found.items() if each.required]
        if required:
            message = (
                f'Add "{coordinate}" in {self._ctx.names(missing)} or make it optional in {self._ctx.names(required)}'
            )
            code = ErrorCode.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH
            self._ctx.report.error(code, message, self._ctx.at(found))
        else:
            message = f'"{coordinate}" is not in the supergraph: {self._ctx.names(missing)} do not have it'
            self._ctx.report.hint("INCONSISTENT_ARGUMENT_PRESENCE", message, self._ctx.at(found))
        return False

    # What is external must be as its owner has it

    def _check_external(
        self,
        type_name: str,
        sources: Sources[Field],
        coordinate: str,
        type_: TypeRef,
        arguments: dict[str, InputValue],
        *,
        consistent: bool,
    ) -> None:
        external = {
            index: source for index, source in present(sources).items() if self._is_external(index, type_name, source)
        }
        fits = all(
            type_ == source.type or (not consistent and is_subtype(self._ctx.shallow, type_, source.type))
            for source in external.values()
        )
        if not fits:
            types = distribution(self._ctx, sources, lambda source: f'"{source.type}"')
            message = f'Give "{coordinate}" the type of its owner where it is @external: it is {types}'
            self._ctx.report.error(ErrorCode.EXTERNAL_TYPE_MISMATCH, message, self._ctx.at(sources))
        for argument in arguments.values() if external else ():
            self._check_external_argument(external, f"{coordinate}({argument.name}:)", argument)

    def _check_external_argument(self, external: dict[int, Field], coordinate: str, expected: InputValue) -> None:
        found = {index: source.arguments.get(expected.name) for index, source in external.items()}
        at = self._ctx.at(external)
        missing = [index for index, argument in found.items() if argument is None]
        if missing:
            message = f'Add "{coordinate}" in {self._ctx.names(missing)}, where its field is @external'
            self._ctx.report.error(ErrorCode.EXTERNAL_ARGUMENT_MISSING, message, at)
        there = present(found).values()
        if any(not is_subtype(self._ctx.shallow, each.type, expected.type) for each in there):
            message = f'Give "{coordinate}" the type "{expected.type}" of its owner where its field is @external'
            self._ctx.report.error(ErrorCode.EXTERNAL_ARGUMENT_TYPE_MISMATCH, message, at)
        if any(not _same_default(each, expected) for each in there):
            default = "no default" if isinstance(expected.default, Unset) else f"the default {show(expected.default)}"
            message = f'Give "{coordinate}" {default} where its field is @external, as its owner does'
            self._ctx.report.error(ErrorCode.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH, message, at)


def _same_default(a: InputValue, b: InputValue) -> bool:
    if isinstance(a.default, Unset) or isinstance(b.default, Unset):
        return isinstance(a.default, Unset) and isinstance(b.default, Unset)
    return same(a.default, b.default)
