"""Reads a subgraph's `@link`s.

https://specs.apollo.dev/link/v1.0
"""

from __future__ import annotations

from graphql import Node

from router.composition.errors import ErrorCode, Report
from router.federation.links import (
    FEDERATION,
    LINK,
    Feature,
    LinkError,
    Links,
    Version,
    is_name,
    parse_imports,
    parse_url,
)
from router.federation.model import Directive, Schema
from router.federation.specs import federation, known

LINK_VERSION = Version(1, 0)


def read_links(name: str, schema: Schema, report: Report) -> Links | None:
    """What the subgraph links, with `@link` itself; nothing in federation 1. None if a `@link` cannot be understood."""
    alias, bootstrap = link_alias(schema)
    if not alias:
        return Links()
    return _LinkReader(name, schema, report, alias, bootstrap).read()


def link_alias(schema: Schema) -> tuple[str | None, Directive | None]:
    """What `@link` is called, and where it links itself; no name if the schema does not link federation or `@link`."""
    for directive in schema.directives:
        url = directive.arguments.get("url")
        if (
            isinstance(url, str)
            and url.startswith(f"{LINK}/")
            and directive.name == directive.arguments.get("as", "link")
        ):
            return directive.name, directive
    for directive in schema.directives:
        url = directive.arguments.get("url")
        if directive.name == "link" and isinstance(url, str) and url.startswith(FEDERATION):
            return "link", None
    return None, None


class _LinkReader:
    def __init__(self, name: str, schema: Schema, report: Report, alias: str, bootstrap: Directive | None) -> None:
        self._name = name
        self._schema = schema
        self._report = report
        self._alias = alias
        self._bootstrap = bootstrap

    def read(self) -> Links | None:
        if self._bootstrap and not self._is_known_version(self._bootstrap):
            return None
        links = (
            Links() if self._bootstrap else Links().adding(Feature(parse_url(f"{LINK}/{LINK_VERSION}"), self._alias))
        )
        problems: list[tuple[ErrorCode, str, Node | None]] = []
        applications = [directive for directive in self._schema.directives if directive.name == self._alias]
        for directive in sorted(applications, key=lambda directive: directive is not self._bootstrap):
            try:
                links = links.adding(_feature(directive))
            except LinkError as error:
                code = ErrorCode.INVALID_LINK_IDENTIFIER if error.identifier else ErrorCode.INVALID_LINK_DIRECTIVE_USAGE
                problems += [(code, message, directive.node) for message in error.messages]
        if problems:
            for code, message, node in self._as_unknown_directives(problems):
                self._report.error(code, message, [(self._name, node)])
            return None
        self._check_federation(links)
        return links

    def _is_known_version(self, bootstrap: Directive) -> bool:
        url = str(bootstrap.arguments.get("url"))
        if url == f"{LINK}/{LINK_VERSION}":
            return True
        links_federation = any(
            str(each.arguments.get("url")).startswith(FEDERATION) for each in self._schema.directives
        )
        code = ErrorCode.INVALID_LINK_DIRECTIVE_USAGE if links_federation else ErrorCode.UNKNOWN_LINK_VERSION
        self._report.error(code, f'Link "{LINK}/{LINK_VERSION}" instead of "{url}"', [(self._name, bootstrap.node)])
        return False

    def _as_unknown_directives(
        self, problems: list[tuple[ErrorCode, str, Node | None]]
    ) -> list[tuple[ErrorCode, str, Node | None]]:
        """If the schema itself applies what could not be imported, that is the error, and the import its cause."""
        known_names = {self._alias, *self._schema.definitions}
        unknown = [directive for directive in self._schema.directives if directive.name not in known_names]
        if not self._bootstrap or not unknown:
            return problems
        causes = "; ".join(message for _, message, _ in problems)
        return [(ErrorCode.INVALID_GRAPHQL, f"@{each.name} is unknown: {causes}", each.node) for each in unknown]

    def _check_federation(self, links: Links) -> None:
        feature = links.feature(FEDERATION)
        if feature and not federation(feature.url.version):
            message = f"Federation has no version {feature.url.version}: correct the URL of its @link"
            self._report.error(ErrorCode.UNKNOWN_FEDERATION_LINK_VERSION, message, [(self._name, feature.node)])


def _feature(directive: Directive) -> Feature:
    url = parse_url(directive.arguments.get("url"))
    spec = known(url)
    elements = ("@link", "Purpose", "Import") if url.identity == LINK else spec.elements if spec else None
    alias = directive.arguments.get("as")
    purpose = directive.arguments.get("for")
    if spec and isinstance(alias, str) and not is_name(alias):
        raise LinkError(f'"{url.identity}" cannot be linked as "{alias}": its definitions would have no GraphQL names')
    return Feature(
        url=url,
        alias=alias if isinstance(alias, str) else url.name,
        imports=parse_imports(directive.arguments.get("import"), elements),
        purpose=purpose if isinstance(purpose, str) else None,
        node=directive.node,
    )
