"""`docs/clients/roles.md`: which fields of the root types the scopes of each role leave."""

from graphql import GraphQLSchema, parse

from router.authorization.access import ANONYMOUS, Access
from router.authorization.rules import AccessRules
from subgraphs.identity.roles import SCOPES, BuiltInRole

PAGE = "docs/clients/roles.md"
_HEADER = """<!-- Made from the code by `caregraph schema compose`; change the code, not this file. -->

# What each role may ask

By its scopes, as the router applies them to the whole field. Which objects somebody gets, and which fields of them, is
decided for each: [access](../access.md). `caregraph schema contract --role PATIENT` writes all that is left of the schema for
one role. Roles of your own have the scopes that you give them.
"""


def generate(api: GraphQLSchema, supergraph: str) -> dict[str, str]:
    """The page as it should be, by its path."""
    rules = AccessRules.read(parse(supergraph, no_location=True))
    tables = "".join(
        f"\n## {title}\n\n| field | who |\n| - | - |\n"
        + "".join(f"| `{name}` | {_who(rules, root.name, name)} |\n" for name in sorted(root.fields))
        for title, root in (
            ("Queries", api.query_type),
            ("Mutations", api.mutation_type),
            ("Subscriptions", api.subscription_type),
        )
        if root is not None
    )
    return {PAGE: _HEADER + tables}


def _who(rules: AccessRules, root: str, field: str) -> str:
    if rules.allows_field(root, field, ANONYMOUS):
        return "everybody, logged in or not"
    roles = [role for role in BuiltInRole if rules.allows_field(root, field, Access(True, SCOPES[role]))]
    if len(roles) == len(BuiltInRole):
        return "all roles"
    return ", ".join(f"`{role}`" for role in roles) or "no role that comes with CareGraph"
