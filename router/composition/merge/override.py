"""`@override`: a field moves from one subgraph to another, at once or for a share of requests (its label).

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#override
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from graphql.pyutils import suggestion_list

from router.composition.errors import ErrorCode, quoted
from router.composition.merge.context import MergeContext, Sources, present
from router.federation.model import Directive, Field, Kind

LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*")
PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)")


@dataclass(slots=True)
class Overrides:
    """What `@override` does to one field, by indexes of subgraphs."""

    used: set[int] = field(default_factory=set)  # overridden, but still needed there by a key or the like
    unused: set[int] = field(default_factory=set)
    unknown_source: set[int] = field(default_factory=set)
    labels: dict[int, str] = field(default_factory=dict)


def overrides_of(ctx: MergeContext, type_name: str, sources: Sources[Field]) -> Overrides:
    """Reads the field's `@override`s, and reports those that cannot be."""
    found = Overrides()
    for index, source in present(sources).items():
        directives = ctx.subgraphs[index].applied(source, "override")
        if directives:
            _Override(ctx, type_name, sources, index, source, directives[0]).apply(found)
    return found


@dataclass(frozen=True, slots=True)
class _Override:
    ctx: MergeContext
    type_name: str
    sources: Sources[Field]
    index: int
    source: Field
    directive: Directive

    def apply(self, found: Overrides) -> None:
        subgraph = self.ctx.subgraphs[self.index]
        parent = subgraph.schema.types[self.type_name]
        if parent.kind is Kind.INTERFACE:
            self._error(ErrorCode.OVERRIDE_ON_INTERFACE, "nothing resolves an interface's field: override its types'")
        elif subgraph.is_interface_object(parent):
            self._collision("fields of an @interfaceObject cannot be overridden")
        else:
            self._apply_from(found, str(self.directive.arguments.get("from")))

    def _apply_from(self, found: Overrides, source_name: str) -> None:
        names = [subgraph.name for subgraph in self.ctx.subgraphs]
        if source_name not in names:
            found.unknown_source.add(self.index)
            similar = suggestion_list(source_name, names)
            hint = f' (did you mean "{similar[0]}"?)' if similar else ""
            self._hint("FROM_SUBGRAPH_DOES_NOT_EXIST", f'there is no subgraph "{source_name}"{hint}')
            return
        origin = names.index(source_name)
        overridden = self.sources.get(origin)
        if origin == self.index:
            self._error(ErrorCode.OVERRIDE_FROM_SELF_ERROR, "it must name another subgraph than its own")
        elif overridden and self.ctx.subgraphs[origin].has(overridden, "override"):
            problem = f'remove one: the field is overridden in "{source_name}" too'
            self._error(ErrorCode.OVERRIDE_SOURCE_HAS_OVERRIDE, problem)
        elif overridden:
            self._apply_to(found, origin, overridden)
        elif origin in self.sources and any(self.ctx.abstracted(origin, self.type_name, self.source.name)):
            self._collision(f'"{source_name}" resolves it through an @interfaceObject, which cannot be overridden')
        else:
            self._hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", f'remove it: "{source_name}" has no such field any more')

    def _apply_to(self, found: Overrides, origin: int, overridden: Field) -> None:
        owner = self.ctx.subgraphs[origin]
        for name in ("requires", "provides"):
            if owner.has(overridden, name):
                self._collision(f'remove @{name} from the field in "{owner.name}" first: it cannot be moved with it')
                return
        if self.ctx.subgraphs[self.index].is_external(self.type_name, self.source):
            self._collision("remove @external: the field is to be resolved here")
            return
        label = self.directive.arguments.get("label")
        if owner.is_external(self.type_name, overridden):
            self._hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", f'remove it: the field is @external in "{owner.name}"')
        elif owner.is_used(self.type_name, overridden.name):
            found.used.add(origin)
        else:
            found.unused.add(origin)
        if label:
            self._apply_label(found, origin, str(label))
        elif origin in found.used | found.unused:
            self._hint(
                "OVERRIDDEN_FIELD_CAN_BE_REMOVED", f"remove the field from {quoted([owner.name])}, or mark it @external"
            )

    def _apply_label(self, found: Overrides, origin: int, label: str) -> None:
        if LABEL.fullmatch(label) or PERCENT.fullmatch(label):
            found.labels[self.index] = found.labels[origin] = label
        else:
            problem = (
                f'its label "{label}" must be "percent(x)" with x from 0 to 100, or begin with a letter and have'
                " only letters, digits and _ - : . / after it"
            )
            self._error(ErrorCode.OVERRIDE_LABEL_INVALID, problem)
        name = self.ctx.subgraphs[origin].name
        self._hint("OVERRIDE_MIGRATION_IN_PROGRESS", f'remove the field from "{name}" when the migration is done')

    def _text(self, problem: str) -> str:
        return f'In @override on "{self.type_name}.{self.source.name}" in "{self.ctx.subgraphs[self.index].name}", {problem}'

    def _error(self, code: ErrorCode, problem: str) -> None:
        self.ctx.report.error(code, self._text(problem), self.ctx.subgraphs[self.index].at(self.directive))

    def _collision(self, problem: str) -> None:
        self._error(ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE, problem)

    def _hint(self, code: str, problem: str) -> None:
        self.ctx.report.hint(code, self._text(problem), self.ctx.subgraphs[self.index].at(self.directive))
