"""Which features a supergraph needs of whoever runs it: one that nobody here understands must not be passed over.

`@link(for: SECURITY)` and `for: EXECUTION` say so (core schemas v0.2, section "for").
"""

from collections.abc import Iterator

from graphql import DocumentNode, SchemaDefinitionNode, SchemaExtensionNode

from router.federation.links import JOIN, LinkError, Version, parse_url
from router.federation.specs import known
from router.supergraph.links import directive_arguments

_JOIN_VERSIONS = [Version(0, minor) for minor in range(1, 6)]


def refusals(document: DocumentNode) -> Iterator[tuple[str, str]]:
    """Why a supergraph cannot be run, each reason with its documented code."""
    for node in document.definitions:
        if not isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            continue
        for use in node.directives or ():
            if use.name.value in ("link", "core"):
                arguments = directive_arguments(use)
                yield from _refusals(arguments.get("url") or arguments.get("feature"), arguments.get("for"))


def _refusals(url: str | None, purpose: str | None) -> Iterator[tuple[str, str]]:
    try:
        feature = parse_url(url)
    except LinkError as error:
        yield "INVALID_FEDERATION_SUPERGRAPH", str(error)
        return
    if feature.identity == JOIN:
        if feature.version not in _JOIN_VERSIONS:
            newest = _JOIN_VERSIONS[-1]
            yield "INVALID_FEDERATION_SUPERGRAPH", f"join {feature.version} is not known, only v0.1 to {newest}"
    elif purpose and known(feature) is None:
        yield "UNSUPPORTED_LINKED_FEATURE", f"{feature} is for {purpose} and not supported"
