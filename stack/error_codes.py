"""docs/errors.md: every code that a client of the graph can meet, and what to do about it."""

import sys
from collections.abc import Iterable, Sequence

from graphql import GraphQLInterfaceType, GraphQLSchema, GraphQLUnionType, get_named_type

from shared.errors import Problem
from stack.services import SUBGRAPHS

PAGE = "docs/errors.md"

_SERVICES = {
    "BAD_USER_INPUT": "An argument cannot be taken as it is: the message says which values can. Correct it.",
    "UNAUTHENTICATED": "Nobody is logged in, or the token has expired or was revoked: get new tokens by `refresh`, else by "
    "`logIn`, and send it again.",
    "FORBIDDEN": "The caller may not do this; `scope` is what it takes. Do not send it again.",
    "ERASED": "The patient's data were erased for good. Do not ask for them again.",
    "TIMEOUT": "It took longer than a request may: narrow what is asked for, such as a search by more letters.",
    "OVERLOADED": "Too many passwords are being checked. Send it again after some seconds.",
    "BAD_REQUEST": "The request cannot be read, as GraphQL over HTTP has it. Correct the client.",
    "INTERNAL_SERVER_ERROR": "A fault of the graph. Send a query again later; after a mutation look first whether it was done, "
    "or send it again with its `idempotencyKey`.",
}
_REQUESTS = {
    "INVALID_JSON": "The body or a parameter is not JSON in UTF-8. Correct the client.",
    "GRAPHQL_PARSE_FAILED": "The operation is not GraphQL. Correct it at `locations`.",
    "GRAPHQL_VALIDATION_FAILED": "The operation does not fit the schema. Correct it at `locations`.",
    "UNSUPPORTED_MEDIA_TYPE": "The body is not `application/json` in UTF-8. Correct the client.",
    "UPLOADS_NOT_SUPPORTED": "Files are not uploaded through GraphQL.",
    "NOT_ACCEPTABLE": "The client accepts none of the media types that an answer has. Correct `Accept`.",
    "METHOD_NOT_ALLOWED": "Use POST; GET is for queries only.",
    "CSRF_PREVENTION": "A foreign page could send this: send a JSON content type or the header that the message names.",
    "BODY_TOO_LARGE": "Send less at once.",
    "HEADERS_TOO_LARGE": "Send fewer or shorter headers.",
    "REQUEST_TIMEOUT": "The body did not arrive in time. Send it again.",
    "BATCHING_NOT_SUPPORTED": "Send one operation a request.",
    "BATCH_LIMIT": "Send fewer operations a request.",
    "DEFER_BAD_HEADER": "`@defer` needs `Accept: multipart/mixed; deferSpec=20220824`, and no batch.",
    "INTROSPECTION_DISABLED": "Read `schema/api.graphql` instead.",
    "MAX_TOKENS_LIMIT": "The operation is too long. Ask for less at once.",
    "MAX_DEPTH_LIMIT": "Too many fields within fields. Ask for less at once.",
    "MAX_HEIGHT_LIMIT": "Too many fields. Ask for less at once.",
    "MAX_ALIASES_LIMIT": "Too many aliases. Ask for less at once.",
    "MAX_ROOT_FIELDS_LIMIT": "Too many fields at the root. Ask for less at once.",
    "MAX_DIRECTIVES_LIMIT": "Too many directives. Ask for less at once.",
    "COST_ESTIMATED_TOO_EXPENSIVE": "The operation costs `cost`, where `limit` is allowed. Ask for less, or for shorter pages.",
    "OPERATION_NOT_SAFELISTED": "Only operations that are published with the client are answered. Publish it.",
    "PERSISTED_QUERY_NOT_FOUND": "Send the operation's text along with its hash once.",
    "PERSISTED_QUERY_NOT_SUPPORTED": "Send the operation's text.",
    "PERSISTED_QUERY_HASH_MISMATCH": "The hash is not the SHA-256 of the text. Correct the client.",
    "PERSISTED_QUERY_INVALID": "`persistedQuery` needs `version: 1` and a `sha256Hash`. Correct the client.",
    "UNAUTHORIZED_FIELD_OR_TYPE": "The caller may not see the field at `path`, which is null. Log in, or do not ask for it.",
}
_SUBSCRIPTIONS = {
    "SUBSCRIPTIONS_NOT_SUPPORTED": "The router has them switched off. Ask again by queries.",
    "SUBSCRIPTION_NEEDS_STREAM": "Use WebSocket, or accept `text/event-stream` or `multipart/mixed`.",
    "SUBSCRIPTION_QUEUE_OVERFLOW": "The client reads too slowly. Subscribe again after the last event that it has.",
    "SUBGRAPH_SUBSCRIPTION_LOST": "The service was lost. Subscribe again after the last event that the client has.",
    "SERVER_SHUTDOWN": "The router ends. Subscribe again after the last event that the client has.",
    "TOO_MANY_SUBSCRIPTIONS": "Subscribe again later.",
    "TOO_MANY_OPERATIONS": "Too many operations on one connection. End some first.",
}
_FAILURES = {
    "GATEWAY_TIMEOUT": "The answer took too long. As `INTERNAL_SERVER_ERROR`.",
    "SUBREQUEST_TIMEOUT": "`service` took too long. As `INTERNAL_SERVER_ERROR`.",
    "SUBREQUEST_HTTP_ERROR": "`service` was not reached, or gave no answer in GraphQL. As `INTERNAL_SERVER_ERROR`.",
    "SUBREQUEST_HEADER_INVALID": "A header of the client holds characters that no header may. Correct the client.",
    "SUBGRAPH_CIRCUIT_OPEN": "`service` has failed too often and is not asked. Send it again after some seconds.",
    "SUBGRAPH_QUEUE_FULL": "`service` is asked too much. Send it again after some seconds.",
    "SUBSCRIPTIONS_OFF": "`service` cannot be subscribed to. Ask again by queries.",
    "NULL_IN_NON_NULL_FIELD": "The value at `path` is missing, which the schema excludes. As `INTERNAL_SERVER_ERROR`.",
    "AUTHENTICATION_UNAVAILABLE": "Tokens cannot be verified for now. Send it again after some seconds.",
    "SUPERGRAPH_UNAVAILABLE": "The router has just started. Send it again after some seconds.",
    "QUERY_PLANNING_FAILED": "The operation cannot be planned, a fault of the router. Ask for it in several operations.",
}
_TOP = {
    "What the services say": _SERVICES,
    "What the router says of a request": _REQUESTS,
    "What the router says of a subscription": _SUBSCRIPTIONS,
    "What the router says of what failed behind it": _FAILURES,
}
_FEW = 10  # mutations that a table names

_INTRODUCTION = """\
<!-- Made from the code by `caregraph schema compose`; change the code, not this file. -->

# Errors

Programs compare codes, which never change; sentences are for people. A mutation answers with its success or with a type
that implements `UserError`: nothing was done, and the client can do something about it. What is in `errors`, at the top of
an answer, has its code in `extensions.code`.

## Types of mutations' answers
"""
_PROBLEMS = """\
## Codes of mutations' answers

Of the `code` of a `UserError`, or of one of `InvalidInput.fields`, whose `path` says where in the input it is wrong. A
sentence is told in the language of `Accept-Language`; what stands in braces is in `parameters`. Correct what it says, and
send it again; `VERSION_CONFLICT` is for reading again first.
"""


def generate(schema: GraphQLSchema) -> dict[str, str]:
    """What the page should hold, by its path in the repository; the services are imported."""
    problems = [(f"`{each.code}`", each.message, owner) for owner, each in sorted(_problems(), key=_place)]
    parts = [
        _INTRODUCTION,
        _table(("type", "when", "mutations"), _kinds(schema)),
        _PROBLEMS,
        _table(("code", "sentence", "of"), problems),
        "## Codes at the top of an answer\n",
    ]
    for title, codes in _TOP.items():
        parts += [
            f"### {title}\n",
            _table(("code", "what a client does"), [(f"`{code}`", codes[code]) for code in codes]),
        ]
    return {PAGE: "\n".join(parts)}


def _problems() -> Iterable[tuple[str, Problem]]:
    """All that modules of the services name, with the domain."""
    packages = {"shared": "all", **{each.module.rpartition(".")[0]: each.name for each in SUBGRAPHS}}
    found: dict[str, tuple[str, Problem]] = {}
    for package, owner in packages.items():
        for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
            for value in vars(sys.modules[name]).values():
                if isinstance(value, Problem):
                    found.setdefault(value.code, (owner, value))
    return found.values()


def _place(of: tuple[str, Problem]) -> tuple[bool, str, str]:
    owner, problem = of
    return owner != "all", owner, problem.code


def _kinds(schema: GraphQLSchema) -> Sequence[Sequence[str]]:
    """The types of errors, with the mutations that answer with each."""
    interface, mutation = schema.type_map["UserError"], schema.mutation_type
    kinds = schema.get_possible_types(interface) if isinstance(interface, GraphQLInterfaceType) else []
    answers = {name: get_named_type(field.type) for name, field in mutation.fields.items()} if mutation else {}
    rows = []
    for kind in sorted(kinds, key=lambda kind: kind.name):
        names = [
            name for name, answer in answers.items() if isinstance(answer, GraphQLUnionType) and kind in answer.types
        ]
        mutations = ", ".join(f"`{name}`" for name in names) if len(names) <= _FEW else f"{len(names)} of them"
        rows.append((f"`{kind.name}`", " ".join((kind.description or "").split()), mutations))
    return rows


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["-"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
