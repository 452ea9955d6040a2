"""The type of columns whose values are stored encrypted, and what their values are in Python."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, Self, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import CoreSchema, core_schema
from sqlalchemy import Dialect, LargeBinary, TypeDecorator
from sqlmodel import Field

T = TypeVar("T")

_VERSION = b"\x01"
_KEY_ID = slice(1, 17)
_NONCE = slice(17, 29)
_BYTES_OF_NONCE = 12
_CLOSED: Any = object()  # in the value's place: a slot without anything takes a microsecond to be found so


class Unreadable(Exception):
    """Stored bytes are not what was stored there: they were changed, or moved from another row."""


class Erased(Exception):
    """A value cannot be read any more: the patient's data key was destroyed."""

    def __init__(self) -> None:
        super().__init__("this was erased for good")


class DataKey:
    """A data key that is open: its id, 16 bytes, and its own 32 bytes; none if it was destroyed."""

    __slots__ = ("_secret", "cipher", "id")

    def __init__(self, id_: bytes, secret: bytes | None) -> None:
        self.id, self._secret = id_, secret
        self.cipher = None if secret is None else AESGCM(secret)

    @property
    def secret(self) -> bytes:
        """Its bytes; raises Erased."""
        if self._secret is None:
            raise Erased
        return self._secret


Place: TypeAlias = tuple[bytes, UUID]
"""Where a value is stored: a column, as `column_of` names it, of the row with a key."""


@cache
def column_of(domain: str, table: str, column: str) -> bytes:
    """The name of a column among all that are encrypted."""
    return f"v1|{domain}|{table}|{column}".encode()


def _associated_data(place: Place, key: bytes) -> bytes:
    """What AES-GCM authenticates besides: the place, and the data key's id; not the key that wraps it, nor the patient.

    `v1|domain|table|column|row id|data key's id`, ids as their bytes.
    """
    column, row = place
    return b"|".join((column, row.bytes, key))


class Encrypted(Generic[T]):
    """A value that is stored encrypted. `value` is it; nothing else shows it, `repr` least of all.

    One that was read is opened with its data key where rows are given out; before that, `value` raises.
    """

    __slots__ = ("_decode", "_key", "_place", "_value", "ciphertext")

    _value: T
    _decode: Callable[[bytes], T]
    _key: DataKey | None
    _place: Place | None
    ciphertext: bytes | None

    def __init__(self, value: T) -> None:
        self._value, self.ciphertext, self._key, self._place = value, None, None, None

    @classmethod
    def stored(
        cls, ciphertext: bytes, decode: Callable[[bytes], T], key: DataKey | None = None, place: Place | None = None
    ) -> Self:
        """From what the database has, with the place where it was read; closed without its key."""
        made = cls.__new__(cls)
        made._value, made.ciphertext, made._decode, made._key, made._place = _CLOSED, ciphertext, decode, key, place
        return made

    @property
    def value(self) -> T:
        """The value; raises Erased if it was erased, Unreadable if it was tampered with."""
        if self._value is _CLOSED:
            self._value = self._open()
        return self._value

    @property
    def is_open(self) -> bool:
        """Whether `value` can be asked for."""
        return self._value is not _CLOSED or self._key is not None

    @property
    def key_id(self) -> bytes:
        """The id of the data key that it is stored under."""
        return key_id_of(self.ciphertext or b"")

    def open_with(self, key: DataKey, place: Place | None = None) -> Self:
        """Give it its key, and the place where it was read if it does not know that."""
        self._key, self._place = key, place or self._place
        return self

    def is_for(self, place: Place) -> bool:
        """Whether it is encrypted to be stored there."""
        return self.ciphertext is not None and self._place == place

    def under(self, key: DataKey, place: Place) -> "Encrypted[T]":
        """The same, encrypted to be stored there under a data key; raises Erased if that was destroyed."""
        if key.cipher is None:
            raise Erased
        value = self.value
        made, nonce = Encrypted(value), os.urandom(_BYTES_OF_NONCE)
        plain = value if isinstance(value, bytes) else msgspec.json.encode(value)
        data = key.cipher.encrypt(nonce, plain, _associated_data(place, key.id))
        made.ciphertext, made._place = b"".join((_VERSION, key.id, nonce, data)), place
        return made

    def _open(self) -> T:
        if self._key is None or self._place is None or self.ciphertext is None:
            raise RuntimeError("an encrypted value that nobody has opened: `await open_rows(keyring, rows)`")
        if self._key.cipher is None:
            raise Erased
        data, place = self.ciphertext, _associated_data(self._place, self._key.id)
        try:
            return self._decode(self._key.cipher.decrypt(data[_NONCE], data[_NONCE.stop :], place))
        except InvalidTag:
            column, row = self._place
            raise Unreadable(f"{column.decode()} of row {row}") from None

    def __eq__(self, other: object) -> bool:
        """Equal if the values are; one that is closed is only equal to what has the same bytes."""
        if not isinstance(other, Encrypted):
            return NotImplemented
        if self.ciphertext is not None and self.ciphertext == other.ciphertext:
            return True
        same: bool = self.is_open and other.is_open and self.value == other.value
        return same

    __hash__ = None  # type: ignore[assignment]  # as the values that it may have

    def __repr__(self) -> str:
        """That there is one."""
        return "Encrypted(…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        """As SQLModel asks; tables are not validated."""
        return core_schema.is_instance_schema(cls)


class EncryptedType(TypeDecorator[Encrypted[Any]]):
    """A column of bytes that are a value of `kind`, encrypted."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self.decode: Callable[[bytes], Any] = bytes if kind is bytes else msgspec.json.Decoder(kind).decode

    def process_bind_param(self, value: Encrypted[Any] | None, _: Dialect) -> bytes | None:
        """The bytes; raises TypeError for what is not encrypted."""
        if value is None:
            return None
        if not isinstance(value, Encrypted) or value.ciphertext is None:
            raise TypeError("a value that is to be encrypted is written by a unit of work, as an attribute of a row")
        return value.ciphertext

    def process_result_value(self, value: bytes | None, _: Dialect) -> Encrypted[Any] | None:
        """The value, closed."""
        return None if value is None else Encrypted.stored(value, self.decode)


def encrypted(kind: Any, *, nullable: bool = False) -> Any:
    """A column of values of `kind`: bytes, or a type that msgspec decodes from JSON: text, or a frozen `msgspec.Struct`.

    The table must be `Audited`, since the row's patient is the one whose data key encrypts.
    """
    return Field(**({"default": None} if nullable else {}), sa_type=EncryptedType(kind), nullable=nullable)  # type: ignore[call-overload]  # an instance, which SQLAlchemy takes


def key_id_of(ciphertext: bytes) -> bytes:
    """The id of the data key of stored bytes; raises Unreadable."""
    if ciphertext[:1] != _VERSION or len(ciphertext) < _NONCE.stop:
        raise Unreadable("bytes that are not of version 1")
    return ciphertext[_KEY_ID]
