"""`schema/CHANGELOG.md`: what changes in the API schema, release by release.

The section of what is not released is made from the code each time. A release gives it a date; then it stays as it is.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from graphql import GraphQLSchema
from graphql.utilities import DangerousChangeType, find_breaking_changes, find_dangerous_changes

from stack.services import ROOT

CHANGELOG = "schema/CHANGELOG.md"
_UNRELEASED = "## Unreleased"
_NEW_INPUT = {DangerousChangeType.OPTIONAL_ARG_ADDED, DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED}
_NOTHING = "\nNothing.\n"
_TITLE = (
    "<!-- Made from the code by `caregraph schema compose`; `caregraph schema release` dates the first section. -->\n\n"
    "# Changes of the API schema\n\n"
    'What is deprecated goes on working until it stands under "Breaks clients" of a later section.\n'
)


def generate(released: GraphQLSchema, api: GraphQLSchema, reasons: Mapping[str, str]) -> dict[str, str]:
    """The page as it should be, by its path: the sections of releases are taken from it.

    `reasons` say why a change breaks clients, by its description.
    """
    sections = "".join(
        f"\n### {title}\n\n{''.join(f'- {line}{chr(10)}' for line in lines)}"
        for title, lines in _changes(released, api, reasons).items()
        if lines
    )
    return {CHANGELOG: f"{_TITLE}\n{_UNRELEASED}\n{sections or _NOTHING}{_past()}"}


def release(day: date) -> None:
    """Date what was not released."""
    path = ROOT / CHANGELOG
    path.write_text(path.read_text().replace(f"{_UNRELEASED}\n", f"{_UNRELEASED}\n\nNothing.\n\n## {day}\n", 1))


def _past() -> str:
    """The sections of releases."""
    path = ROOT / CHANGELOG
    text = path.read_text() if path.exists() else ""
    _, found, rest = text.partition("\n## 2")
    return found + rest


def _changes(released: GraphQLSchema, api: GraphQLSchema, reasons: Mapping[str, str]) -> dict[str, list[str]]:
    """By heading, in the order in which they matter to those who write clients."""
    breaking = sorted(change.description for change in find_breaking_changes(released, api))
    return {
        "Breaks clients": [f"{one} {' '.join(reasons.get(one, '').split())}".rstrip() for one in breaking],
        "Deprecated": sorted(_deprecated(released, api)),
        "May surprise clients": sorted(
            change.description for change in find_dangerous_changes(released, api) if change.type not in _NEW_INPUT
        ),
        "New": sorted(_added(released, api)),
    }


def _deprecated(released: GraphQLSchema, api: GraphQLSchema) -> Iterator[str]:
    before = dict(_members(released))
    for name, member in _members(api):
        if member.deprecation_reason and not (name in before and before[name].deprecation_reason):
            yield f"`{name}`: {member.deprecation_reason}"


def _added(released: GraphQLSchema, api: GraphQLSchema) -> Iterator[str]:
    """New types, and new members of those that there were."""
    before = dict(_members(released))
    for name in api.type_map.keys() - released.type_map.keys():
        yield f"`{name}`"
    for name, _ in _members(api):
        if name not in before and name.partition(".")[0] in released.type_map:
            yield f"`{name}`"


def _members(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Fields, input fields, values and arguments, by schema coordinate."""
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        for name, member in (*getattr(kind, "fields", {}).items(), *getattr(kind, "values", {}).items()):
            yield f"{kind.name}.{name}", member
            for argument, definition in getattr(member, "args", {}).items():
                yield f"{kind.name}.{name}({argument}:)", definition
