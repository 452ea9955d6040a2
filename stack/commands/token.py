"""`caregraph token`."""

import asyncio
import time
from typing import Annotated

import typer

from stack import local
from stack.errors import StackError
from stack.secrets import DEMO_PASSWORD, load_or_create

app = typer.Typer()

_LOG_IN = """mutation($input: LogInInput!) {
  logIn(input: $input) { __typename ... on LogInSuccess { accessToken } ... on UserError { message } }
}"""
_LIFETIME_SECONDS = 3600


@app.command()
def token(
    who: Annotated[str, typer.Argument(help="A demo account's email address, or a role such as DOCTOR.")],
) -> None:
    """Print an access token, good for an hour.

    For an email address by logging in to the local stack that runs, with the password of the demo accounts. For a role by
    the stack's own signing key: the token has the scopes of the role, but no account behind it.
    """
    typer.echo(asyncio.run(_log_in(who)) if "@" in who else _sign(who.upper()))


async def _log_in(email: str) -> str:
    import httpx

    url = local.running().addresses.url("router")
    variables = {"input": {"email": email, "password": _secrets()[DEMO_PASSWORD]}}
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            response = await client.post(f"{url}/graphql", json={"query": _LOG_IN, "variables": variables})
        answer = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise StackError(f"the router at {url} does not answer: {type(error).__name__}") from error
    if answer.get("errors"):
        raise StackError(f"cannot log in: {answer['errors'][0]['message']}")
    result = answer["data"]["logIn"]
    if result["__typename"] != "LogInSuccess":
        raise StackError(f"cannot log in as {email}: {result.get('message') or 'it has a second factor'}")
    return str(result["accessToken"])


def _sign(role: str) -> str:
    from shared.ids import new_id
    from shared.settings import Settings
    from subgraphs.identity.keys import SigningKeys
    from subgraphs.identity.roles import KINDS, SCOPES, BuiltInRole

    if role not in BuiltInRole.__members__:
        raise StackError(f"there is no role {role}: name one of {', '.join(BuiltInRole)}, or an email address")
    now = int(time.time())
    fields = Settings.model_fields
    claims = {
        "iss": fields["jwt_issuer"].default,
        "aud": fields["jwt_audience"].default,
        "sub": str(new_id()),
        "jti": str(new_id()),
        "sid": str(new_id()),
        "iat": now,
        "exp": now + _LIFETIME_SECONDS,
        "roles": [role],
        "kind": KINDS[BuiltInRole(role)].value,
        "scope": " ".join(sorted(SCOPES[BuiltInRole(role)])),
    }
    return SigningKeys(_secrets()["IDENTITY_SIGNING_KEY"]).sign(claims)


def _secrets() -> dict[str, str]:
    path = local.secrets_file()
    if not path.exists():
        raise StackError("there is no local stack here yet: start it with `make up` or `caregraph up`")
    return load_or_create(path)
