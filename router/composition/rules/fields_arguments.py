"""The `fields` arguments of `@key`, `@requires` and `@provides`.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#key
"""

from __future__ import annotations

from dataclasses import dataclass

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import Application, SubgraphSchema
from router.federation.fieldsets import FieldSelection, FieldSetError, FieldSetSelection, fields_of, parse_field_set
from router.federation.links import Version
from router.federation.model import Field, Kind
from router.federation.types import base_name
from router.federation.values import Symbol, show

INTERFACE_KEYS_SINCE = Version(2, 3)


def check_field_sets(subgraph: SubgraphSchema, report: Report) -> None:
    """Each field set must fit its type, and name what the subgraph may name there."""
    for name in ("key", "requires", "provides"):
        for application in subgraph.applications(name):
            _FieldSetCheck(subgraph, report, name, application).run()


def check_provided_types(subgraph: SubgraphSchema, report: Report) -> None:
    """`@provides` is on a field that the subgraph resolves, to a value with fields."""
    for application in subgraph.applications("provides"):
        field = application.on_field
        kind = subgraph.schema.kind(base_name(field.type))
        if subgraph.is_external(application.type.name, field):
            message = f'Remove @provides or @external from "{application.coordinate}": they contradict each other'
            report.error(ErrorCode.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE, message, subgraph.at(field))
        elif not kind or not kind.composite:
            message = f'Remove @provides from "{application.coordinate}": its type "{field.type}" has no fields'
            report.error(ErrorCode.PROVIDES_ON_NON_OBJECT_FIELD, message, subgraph.at(field))


def code(directive: str, suffix: str) -> ErrorCode:
    """The code of a problem that all three directives have."""
    return ErrorCode[f"{directive.upper()}_{suffix}"]


@dataclass(frozen=True, slots=True)
class _FieldSetCheck:
    subgraph: SubgraphSchema
    report: Report
    name: str
    application: Application

    def run(self) -> None:
        parent = self.application.type
        target = base_name(self.application.on_field.type) if self.name == "provides" else parent.name
        allowed = self.name == "key" and (self.subgraph.version or Version(0, 0)) >= INTERFACE_KEYS_SINCE
        if parent.kind is Kind.INTERFACE and not allowed:
            advice = "link federation v2.3 or newer, or remove it" if self.name == "key" else "remove it"
            self._error("UNSUPPORTED_ON_INTERFACE", f"it is not supported on interfaces: {advice}")
        text = self.application.directive.arguments.get("fields")
        if not isinstance(text, str) or isinstance(text, Symbol):
            self._error("INVALID_FIELDS_TYPE", f"write the fields as a string, not as {show(text)}")
            return
        if self.name == "key" and self._has_abstract_field(target, text):
            return
        try:
            selections = parse_field_set(self.subgraph.schema, target, text)
        except FieldSetError as error:
            advice = (
                "; add the field to this subgraph, with @external if another resolves it" if error.unknown_field else ""
            )
            self._error("INVALID_FIELDS", f"{error}{advice}")
            return
        self._check(selections, external_above=False)

    def _has_abstract_field(self, target: str, text: str) -> bool:
        for parent, field in fields_of(self.subgraph.schema, target, text):
            kind = self.subgraph.schema.kind(base_name(field.type))
            if kind in (Kind.INTERFACE, Kind.UNION):
                problem = f'"{parent}.{field.name}" is of {kind.value} type: only objects and leaves can be in a key'
                self._error("FIELDS_SELECT_INVALID_TYPE", problem)
                return True
        return False

    def _check(self, selections: tuple[FieldSetSelection, ...], *, external_above: bool) -> None:
        for selection in selections:
            if selection.directives:
                self._error("DIRECTIVE_IN_FIELDS_ARG", f"remove @{selection.directives[0]}: no directives can be in it")
            if not isinstance(selection, FieldSelection):
                self._check(selection.selections, external_above=external_above)
                continue
            self._check_field(selection, external_above=external_above)
            below = external_above or self._is_external(selection)
            self._check(selection.selections, external_above=below)

    def _check_field(self, selection: FieldSelection, *, external_above: bool) -> None:
        coordinate = f"{selection.parent}.{selection.field.name}"
        if self.name != "requires" and selection.field.arguments:
            self._error("FIELDS_HAS_ARGS", f'remove "{coordinate}": fields with arguments cannot be in it')
        needs_external = self.name != "key" and not selection.selections and not external_above
        if not needs_external or self.subgraph.is_external(selection.parent, selection.field):
            return
        if self.subgraph.is_fake_external(selection.parent, selection.field.name):
            why = "as a key's field of an extension it is resolved here in spite of its @external"
        else:
            why = "it is resolved here, for it is not @external"
        self._error("FIELDS_MISSING_EXTERNAL", f'remove "{coordinate}": {why}', selection.field)

    def _is_external(self, selection: FieldSelection) -> bool:
        parent, name = selection.parent, selection.field.name
        if self.subgraph.is_external(parent, selection.field):
            return True
        if self.subgraph.schema.kind(parent) is not Kind.INTERFACE:
            return False
        fields = (
            (each, self.subgraph.schema.field(each, name)) for each in self.subgraph.schema.possible_types(parent)
        )
        return any(field and self.subgraph.is_external(each, field) for each, field in fields)

    def _error(self, suffix: str, problem: str, *fields: Field) -> None:
        text = show(self.application.directive.arguments.get("fields"))
        message = f'In @{self.name}(fields: {text}) on "{self.application.coordinate}", {problem}'
        self.report.error(code(self.name, suffix), message, self.subgraph.at(self.application.directive, *fields))
