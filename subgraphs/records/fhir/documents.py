"""FHIR R4 DocumentReference, with its content inline."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha1, sha256
from typing import NamedTuple

from shared import fhir
from shared.commands import INVALID_VALUE
from shared.fhir import CodeableConcept, Coding, InvalidResource, LeftOut, Reference, Retracted, Tell, Wrong
from shared.known import References
from shared.readings import Labelled, is_open
from shared.values import MAXIMUM_TEXT
from subgraphs.records.codes import DocumentContentType, DocumentRejection, DocumentStatus
from subgraphs.records.commands.documents import EXTENSIONS
from subgraphs.records.commands.received import ReceivedDocument
from subgraphs.records.documents.content_types import rejection
from subgraphs.records.facts import Coded, DocumentFacts
from subgraphs.records.fhir import reading
from subgraphs.records.fhir.reading import Displayed, coded, labelled, when
from subgraphs.records.settings import DocumentSettings

IN_ERROR = "entered-in-error"
_STATUSES = ("current", "superseded")
_PRELIMINARY, _FINAL = "preliminary", "final"
_UNTITLED, _UNNAMED = "Document", "document"

_TYPES = {kind.value: kind for kind in DocumentContentType} | {
    "text/xml": DocumentContentType.CDA,
    "application/xml": DocumentContentType.CDA,
    "image/jpg": DocumentContentType.JPEG,
}
_OTHER_CHARSET = re.compile(r"charset\s*=\s*\"?(?!utf-?8\b|(us-)?ascii\b)", re.IGNORECASE)
_NO_NAME = re.compile(r'[/\\:*?"<>|\s]+')  # as those who upload may not name files (commands/documents.py)
_LONGEST_NAME = 100

_DATA = "content.attachment.data: left out, since"
_ELSEWHERE = f"{_DATA} the content is not in the resource"
_TOO_LARGE = f"{_DATA} it has more bytes than a document may have"
_NOT_TAKEN = "content.attachment.contentType: left out, since it is none of those that are taken"
_REJECTED = {
    DocumentRejection.EMPTY: f"{_DATA} it is empty",
    DocumentRejection.OTHER_TYPE: f"{_DATA} it is not of the type that it is said to be",
    DocumentRejection.AMBIGUOUS: f"{_DATA} it is something else as well, such as HTML or an archive",
}


class Attachment(fhir.Element, frozen=True):
    """https://hl7.org/fhir/R4/datatypes.html#Attachment."""

    content_type: str | None = None
    data: str | None = None
    size: int | None = None
    hash: str | None = None
    title: str | None = None
    creation: str | None = None

    @property
    def kind(self) -> DocumentContentType | None:
        """Its type, if documents may be of that."""
        return _TYPES.get((self.content_type or "").partition(";")[0].strip().lower())


class Content(fhir.Element, frozen=True):
    """DocumentReference.content."""

    attachment: Attachment = Attachment()


class Context(fhir.Element, frozen=True):
    """DocumentReference.context."""

    encounter: list[Reference] = []


class DocumentReference(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/documentreference.html."""

    meta: Labelled = Labelled()
    status: str = ""
    doc_status: str | None = None
    type: CodeableConcept | None = None
    category: list[CodeableConcept] = []
    subject: Reference | None = None
    date: str | None = None
    author: list[Displayed] = []
    description: str | None = None
    security_label: list[CodeableConcept] = []
    content: list[Content] = []
    context: Context = Context()


class _File(NamedTuple):
    attachment: Attachment
    kind: DocumentContentType
    content: bytes


def read_document(resource: DocumentReference, references: References) -> ReceivedDocument:
    """What is told of a document, and its content."""
    tell = references.tell
    if IN_ERROR in (resource.status, resource.doc_status):
        raise Retracted
    if resource.status not in _STATUSES:
        raise LeftOut("status: left out, since it is none of a document's")
    attachment, kind, content = _file(resource.content, tell)
    encounters = resource.context.encounter
    if len(encounters) > 1:
        tell("context.encounter", "left out, but for the first")
    said = coded("type", resource.type, tell) if resource.type else None
    title = _title(resource, attachment, said, tell)
    day = when("content.attachment.creation", attachment.creation, tell) or when("date", resource.date, tell)
    return ReceivedDocument(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, next(iter(encounters), None), "context.encounter"),
        recorded_at=reading.recorded("date", resource.date, tell, attachment.creation),
        status=DocumentStatus.UPLOADED,
        shared=_is_shared(resource, tell),
        content=content,
        facts=DocumentFacts(
            title=title,
            type=said,
            category=reading.coded_or_none("category", resource.category, tell),
            date=day.partition("T")[0] if day else None,
            description=_description(resource, tell),
            file_name=_file_name(title, kind),
            content_type=kind,
            size=len(content),
            hash=sha256(content).hexdigest(),
        ),
    )


def _file(given: Sequence[Content], tell: Tell) -> _File:
    """The first content that is inline and of a type that is taken; raises LeftOut, or InvalidResource of what is damaged."""
    inline = [(place, each.attachment) for place, each in enumerate(given) if each.attachment.data is not None]
    if not inline:
        raise LeftOut(_ELSEWHERE)
    place, attachment = next((each for each in inline if each[1].kind), inline[0])
    if attachment.kind is None:
        raise LeftOut(_NOT_TAKEN)
    content = _bytes(f"content[{place}].attachment", attachment)
    is_legible = content.isascii() or not _OTHER_CHARSET.search(attachment.content_type or "")
    why = rejection(content, attachment.kind) if is_legible else DocumentRejection.OTHER_TYPE
    if why:
        raise LeftOut(_REJECTED[why])
    if len(given) > 1:
        tell("content", "left out, but for the first of a type that is taken")
    return _File(attachment, attachment.kind, content)


def _bytes(path: str, attachment: Attachment) -> bytes:
    """The content, if it is as long as it says, and has the SHA-1 that it says."""
    data = "".join((attachment.data or "").split())
    if len(data) // 4 * 3 - data[-2:].count("=") > DocumentSettings().records_document_bytes:
        raise LeftOut(_TOO_LARGE)
    try:
        content = b64decode(data, validate=True)
    except ValueError:
        raise InvalidResource(Wrong(f"{path}.data", INVALID_VALUE)) from None
    found = {"size": len(content), "hash": b64encode(sha1(content, usedforsecurity=False).digest()).decode()}
    said = {"size": attachment.size, "hash": attachment.hash}
    wrong = [Wrong(f"{path}.{name}", INVALID_VALUE) for name in said if said[name] not in (None, found[name])]
    if wrong:
        raise InvalidResource(*wrong)
    return content


def _title(resource: DocumentReference, attachment: Attachment, said: Coded | None, tell: Tell) -> str:
    """What the document is called, in one line."""
    title = reading.text("content.attachment.title", _line(attachment.title), tell, MAXIMUM_TEXT)
    otherwise = (_line(text) for text in (resource.description, said.display if said else None))
    found = (reading.text("title", text, lambda *_: None, MAXIMUM_TEXT) for text in otherwise)
    return title or next(filter(None, found), _UNTITLED)


def _line(value: str | None) -> str:
    return " ".join((value or "").split())


def _file_name(title: str, kind: DocumentContentType) -> str:
    """A name that is no path, and means nothing to any system, with the ending of its type."""
    name = _NO_NAME.sub(" ", title)
    ending = next((each for each in EXTENSIONS[kind] if name.lower().endswith(each)), EXTENSIONS[kind][0])
    stem = (name[: -len(ending)] if name.lower().endswith(ending) else name)[:_LONGEST_NAME].strip(" .~-")
    return (stem or _UNNAMED) + ending


def _description(resource: DocumentReference, tell: Tell) -> str | None:
    is_known = resource.doc_status in (None, _PRELIMINARY, _FINAL, "amended")
    if not is_known:
        tell("docStatus", "left out, since it is none that is known")
    states = (
        resource.status if resource.status != "current" else None,
        resource.doc_status if is_known and resource.doc_status != _FINAL else None,
    )
    authors = reading.called("author", resource.author, tell)
    lines = (resource.description, labelled("Status", ", ".join(filter(None, states))))
    return reading.text("description", "\n".join(filter(None, (*lines, labelled("Author", "; ".join(authors))))), tell)


def _is_shared(resource: DocumentReference, tell: Tell) -> bool:
    """Whether the patient sees it: what is said of them is theirs, unless it is confidential, or not finished."""
    labels = [coding for label in resource.security_label for coding in label.coding or [Coding()]]
    if labels:
        tell("securityLabel", "left out, but for whether the patient sees the document")
    return is_open((*labels, *resource.meta.security)) and resource.doc_status != _PRELIMINARY
