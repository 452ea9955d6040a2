"""Which features a supergraph links (`@link`, and `@core` of join v0.1), and by what names it calls their elements."""

from dataclasses import dataclass, field
from typing import Any

from graphql import DirectiveNode, DocumentNode, SchemaDefinitionNode, SchemaExtensionNode, value_from_ast_untyped

_INTERNAL = ("link", "core", "join")


@dataclass(frozen=True, slots=True)
class LinkedFeature:
    """A linked specification: its name in the schema, and what it imports, by the element's own name."""

    name: str
    imports: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SupergraphLinks:
    """The linked features by their specification's own name, such as `join` or `inaccessible`."""

    features: dict[str, LinkedFeature]

    def prefix(self, feature: str) -> str:
        """What the names of the feature's elements begin with."""
        linked = self.features.get(feature)
        return f"{linked.name if linked else feature}__"

    def directive(self, feature: str, name: str) -> str:
        """What the schema calls this directive of this feature."""
        linked = self.features.get(feature)
        if linked is None:
            return name
        if f"@{name}" in linked.imports:
            return linked.imports[f"@{name}"].removeprefix("@")
        return linked.name if name == feature else f"{linked.name}__{name}"

    def is_internal(self, name: str) -> bool:
        """Whether a type or directive of this name belongs to a linked feature."""
        features = {*self.features, *_INTERNAL}
        names = {linked.name for linked in self.features.values()} | features
        imported = {alias.removeprefix("@") for linked in self.features.values() for alias in linked.imports.values()}
        return name in imported or (name.split("__", maxsplit=1)[0] in names and ("__" in name))

    def is_feature_directive(self, name: str) -> bool:
        """Whether a directive of this name is a linked feature's, its eponymous one included."""
        names = {linked.name for linked in self.features.values()} | {*self.features, *_INTERNAL}
        return name in names or self.is_internal(name)


def directive_arguments(node: DirectiveNode) -> dict[str, Any]:
    """A directive's constant arguments as plain values."""
    return {argument.name.value: value_from_ast_untyped(argument.value) for argument in node.arguments or ()}


def read_links(document: DocumentNode) -> SupergraphLinks:
    """Read the `@link` and `@core` directives on the schema."""
    features: dict[str, LinkedFeature] = {}
    for node in document.definitions:
        if not isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            continue
        for use in node.directives or ():
            if use.name.value in ("link", "core"):
                arguments = directive_arguments(use)
                parts = str(arguments.get("url") or arguments.get("feature") or "").rstrip("/").split("/")
                if len(parts) > 1:
                    imports = [_import(entry) for entry in arguments.get("import") or ()]
                    features[parts[-2]] = LinkedFeature(arguments.get("as") or parts[-2], dict(imports))
    return SupergraphLinks(features)


def _import(entry: Any) -> tuple[str, str]:
    if isinstance(entry, str):
        return entry, entry
    return entry["name"], entry.get("as") or entry["name"]
