"""The router's own sentences are told in the client's language, under the same codes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir

from router import translations
from router.translations import TRANSLATIONS
from tests.router.authorization.issuers import Issuer
from tests.router.http.graph import Graph, running
from tests.router.subscriptions.client import heard, opened, subscribe

ROUTER = Path(translations.__file__).parent
SENTENCES = {
    str(found[2]) for found in extract_from_dir(str(ROUTER), [("**.py", "python")], keywords={"gettext_noop": None})
}
LANGUAGES = [language for language in TRANSLATIONS.languages if language != "en"]
GERMAN = "de-AT, en;q=0.5"
DENIED = ("UNAUTHORIZED_FIELD_OR_TYPE", "Dazu haben Sie keinen Zugang.")
TOLD: dict[str, tuple[str, str]] = {
    "{ secret hello }": DENIED,
    "{ slow }": ("SUBREQUEST_TIMEOUT", "Der Dienst shop hat nicht innerhalb von 0.2 s geantwortet."),
    "{ unused }": ("SUBREQUEST_HTTP_ERROR", "Der Dienst accounts ist nicht erreichbar."),
}


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    settings: dict[str, Any] = {
        "server": {"deduplicate": True, "max_body_bytes": 5000, "batching": {"enabled": True}},
        "subscriptions": {"maximum": 1},
        "subgraphs": {
            "all": {"circuit_breaker": {"failures": 100}},
            "named": {"accounts": {"url": "http://127.0.0.1:9/"}, "shop": {"timeout": 0.2}},
        },
    }
    async with running(settings) as graph:
        yield graph


def told(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["extensions"]["code"], error["message"]) for error in document["errors"]]


async def ask(graph: Graph, body: Any, **headers: str) -> Any:
    named = {"accept-language": GERMAN} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with graph.client.post(graph.url, json=body, headers=named) as response:
        return json.loads(await response.text())


@pytest.mark.parametrize("query", TOLD)
async def test_what_failed_and_what_is_denied_is_told_in_the_language(graph: Graph, query: str) -> None:
    for _ in range(3):  # interpreted, then as a program
        assert told(await ask(graph, {"query": query})) == [TOLD[query]]
    ((code, message),) = told(await ask(graph, {"query": query}, accept_language="fr"))
    assert code == TOLD[query][0]
    assert message in SENTENCES or message.startswith("the subgraph ")


async def test_a_refused_request_is_told_in_the_language(graph: Graph) -> None:
    assert told(await ask(graph, {"query": "{ hello }" + " " * 5000})) == [
        ("BODY_TOO_LARGE", "Die Anfrage ist größer als 5000 Bytes.")
    ]


async def test_an_operation_of_a_batch_is_told_in_the_language(graph: Graph) -> None:
    (answer,) = await ask(graph, [{"query": "{ secret }"}])
    assert told(answer) == [DENIED]


async def test_what_is_deferred_is_told_in_the_language(graph: Graph) -> None:
    query = "{ hello ... @defer { secret } }"
    headers = {"accept": "text/event-stream", "accept-language": GERMAN}
    async with graph.client.post(graph.url, json={"query": query}, headers=headers) as response:
        text = await response.text()
    payloads = [json.loads(data) for data in re.findall(r"data: (\{.*)", text)]
    assert [told(one) for payload in payloads for one in payload.get("incremental", ())] == [[DENIED]]


async def test_equal_queries_in_two_languages_are_not_answered_as_one(graph: Graph) -> None:
    both = await asyncio.gather(*(ask(graph, {"query": "{ slow }"}, accept_language=one) for one in ("de", "en")))
    assert ["Der Dienst shop" in told(answer)[0][1] for answer in both] == [True, False]


async def test_a_subscription_is_refused_in_the_language(graph: Graph) -> None:
    async with opened(graph, {"Accept-Language": GERMAN}) as socket:
        await subscribe(socket, "1", "subscription { endless { number } }")
        await heard(socket)
        await subscribe(socket, "2", "subscription { ticks(to: 1) { number } }")
        while (message := await heard(socket))["id"] == "1":
            pass
        refused = ("TOO_MANY_SUBSCRIPTIONS", "Es sind zu viele Abonnements offen: Versuchen Sie es später erneut.")
        assert told({"errors": message["payload"]}) == [refused]
        headers = {"accept": "text/event-stream", "accept-language": GERMAN}
        body = {"query": "subscription { ticks(to: 1) { number } }"}
        async with graph.client.post(graph.url, json=body, headers=headers) as response:
            (data,) = re.findall(r"data: (\{.*)", await response.text())
        assert told(json.loads(data)) == [refused]


async def test_an_expired_token_is_told_in_the_language(tmp_path: Path) -> None:
    issuer = Issuer("https://one.example")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(issuer.public()))
    settings = {"issuer": issuer.name, "jwks_url": keys.as_uri(), "audiences": ["shop"], "algorithms": ["EdDSA"]}
    async with running({"authorization": {"jwt": {"issuers": [settings]}}}) as graph:
        answer = await ask(graph, {"query": "{ hello }"}, authorization=f"Bearer {issuer.token(exp=1)}")
    assert told(answer) == [("UNAUTHENTICATED", "Ihre Anmeldung ist abgelaufen: Melden Sie sich neu an.")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing_and_none_is_left_over(language: str) -> None:
    assert TRANSLATIONS.catalogue(language).keys() == SENTENCES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_values(language: str) -> None:
    def values(sentence: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}

    for english, sentence in TRANSLATIONS.catalogue(language).items():
        assert values(sentence) == values(english), english


def test_german_is_there() -> None:
    assert "de" in LANGUAGES
