"""Keys are replaced while others write, by a process that may be killed; what was erased stays so."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from uuid import UUID

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import func, select
from sqlmodel import col

from shared.database.engine import Database
from shared.database.tables import Merger, StoredDataKey
from shared.encryption import Encrypted
from shared.encryption.providers import KeyProviderError, LocalKeys, WrappedKey, new_key, open_provider
from shared.encryption.rotation import erase, rewrap, rotate
from shared.encryption.value import Erased
from shared.ids import new_id
from shared.unit_of_work import system_work
from tests.harness.databases import cloned
from tests.shared.test_encryption import READING, Finding, Model, find, write


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(new_key("first"))
    return path


@pytest.fixture
async def url(postgres_server: str) -> AsyncIterator[str]:
    async with cloned(postgres_server, [import_module("subgraphs.directory.app").service]) as urls:
        yield urls["directory"]


@pytest.fixture
async def database(url: str, keys: Path) -> AsyncIterator[Database]:
    opened = opened_at(url, keys)
    async with opened.engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    yield opened
    await opened.close()


def opened_at(url: str, keys: Path) -> Database:
    return Database(url, pool_size=10, domain="ward", key_provider=open_provider(keys.as_uri()))


async def texts(database: Database) -> list[str]:
    return sorted(row.note.value for row in await database.driver.fetch(select(Finding)))


async def key_ids(database: Database) -> set[UUID]:
    return set(await database.driver.fetch(select(col(StoredDataKey.id))))


async def test_data_keys_are_wrapped_anew_and_what_they_encrypt_stays(database: Database, keys: Path, url: str) -> None:
    for number in range(3):
        await write(database, new_id(), f"{number}")
    ids = await key_ids(database)
    keys.write_text(f"{keys.read_text()} {new_key('second')}\n")
    told: list[tuple[int, ...]] = []

    def tell(*progress: int) -> None:
        told.append(progress)

    assert (await rewrap(database, tell), await rewrap(database, tell)) == (3, 0)
    assert (told, await key_ids(database)) == ([(3, 3)], ids)
    keys.write_text(keys.read_text().split()[1])  # the first key is gone
    other = opened_at(url, keys)
    assert await texts(other) == ["0", "1", "2"]
    await other.close()


async def test_a_rotation_amid_fifty_writers_loses_nothing_and_forgets_old_keys(database: Database) -> None:
    patients = [new_id() for _ in range(5)]
    rows = [await write(database, patient, "old") for patient in patients for _ in range(10)]
    before = await key_ids(database)

    async def keep_writing(row: UUID, number: int) -> None:
        for turn in range(4):
            async with system_work(database, "test") as work:
                found = await work.find(find, row)
                found.note = Encrypted(f"{number} {turn}")
            await write(database, patients[number % 5], "new")

    writers = [asyncio.create_task(keep_writing(row, number)) for number, row in enumerate(rows)]
    await asyncio.sleep(0)
    await rotate(database, Model.metadata, lambda _, __: None)
    await asyncio.gather(*writers)
    database.keyring.forget()
    assert await texts(database) == sorted([*("new" for _ in range(200)), *(f"{number} 3" for number in range(50))])
    assert not before & await key_ids(database)
    assert {row.version for row in await database.driver.fetch(select(Finding).where(col(Finding.id).in_(rows)))} == {5}


async def test_a_rotation_that_was_killed_goes_on_where_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.encryption.rotation._BATCH", 2)
    for number in range(7):
        await write(database, new_id(), f"{number}")
    before = await key_ids(database)

    class Killed(BaseException): ...

    def kill(done: int, total: int) -> None:
        assert (done, total) == (2, 7)
        raise Killed

    with pytest.raises(Killed):
        await rotate(database, Model.metadata, kill)
    assert await texts(database) == [str(number) for number in range(7)]
    assert await rotate(database, Model.metadata, lambda _, __: None) == 5
    database.keyring.forget()
    assert await texts(database) == [str(number) for number in range(7)]
    assert len(await key_ids(database)) == 7
    assert not before & await key_ids(database)


async def test_what_was_erased_is_gone_for_the_merged_too_and_for_ever(database: Database) -> None:
    erased, merged, other, unknown = new_id(), new_id(), new_id(), new_id()
    for patient in (erased, merged, other):
        await write(database, patient, "A secret.")
    async with database.write() as session:
        session.add(Merger(merged_id=merged, survivor_id=erased))
    assert (await erase(database, erased), await erase(database, unknown)) == (2, 0)
    await rotate(database, Model.metadata, lambda _, __: None)
    found = {row.patient_id: row for row in await database.driver.fetch(select(Finding))}
    assert found[other].note.value == "A secret."
    for patient in (erased, merged):
        with pytest.raises(Erased):
            _ = found[patient].reading.value
    for patient in (erased, unknown):
        with pytest.raises(Erased):
            await write(database, patient)
    async with database.engine.connect() as connection:
        kept = select(func.count()).select_from(StoredDataKey).where(col(StoredDataKey.wrapped).is_not(None))
        assert await connection.scalar(kept) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("", "has not words"),
        ("first:c2hvcnQ=", "has not words"),
        ("first:", "has not words"),
        ("first:not-base64!", "has not words"),
        ("second", "lacks the key 'first'"),
        ("first", "has not wrapped this data key"),
    ],
)
async def test_keys_that_cannot_be_used_are_named(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "keys"
    path.write_text(new_key("first"))
    wrapped = await LocalKeys(path).wrap(bytes(32), {"data-key": "1"})
    if content is None:
        path.unlink()
    else:
        path.write_text(new_key(content) if content in {"first", "second"} else content)
    with pytest.raises(KeyProviderError, match=message):
        await LocalKeys(path).unwrap(wrapped, {"data-key": "1"})


async def test_a_wrapped_key_opens_in_its_own_place_alone(keys: Path) -> None:
    provider = LocalKeys(keys)
    wrapped = await provider.wrap(bytes(32), {"data-key": "1", "domain": "ward"})
    assert await provider.unwrap(wrapped, {"domain": "ward", "data-key": "1"}) == bytes(32)
    with pytest.raises(KeyProviderError):
        await provider.unwrap(wrapped, {"data-key": "2", "domain": "ward"})


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("kms")
    client.create_alias(AliasName="alias/clinic", TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
    yield "aws-kms:alias/clinic"
    server.stop()


async def test_aws_kms_wraps_the_keys_and_its_alias_may_move_on(kms: str, database: Database, url: str) -> None:
    await write(database, new_id(), "Wrapped by a file.")
    provider = open_provider(kms)
    opened = Database(url, domain="ward", key_provider=provider)
    await write(opened, new_id(), "Wrapped by KMS.")
    client = boto3.client("kms")
    client.update_alias(AliasName="alias/clinic", TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
    async with database.write() as session:  # keys of the file are the file's to open
        row = await session.scalar(select(StoredDataKey).where(col(StoredDataKey.wrapped_by) == "first"))
        await session.delete(row)
    opened.keyring.forget()
    assert await rewrap(opened, lambda _, __: None) == 1
    opened.keyring.forget()
    rows = await opened.driver.fetch(select(Finding).order_by(col(Finding.id).desc()))
    assert (rows[0].note.value, rows[0].reading.value) == ("Wrapped by KMS.", READING)
    with pytest.raises(KeyProviderError, match="refuses decrypt"):
        await provider.unwrap(WrappedKey("alias/clinic", os.urandom(64)), {})
    await opened.close()
