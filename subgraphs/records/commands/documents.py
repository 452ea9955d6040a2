"""What the use cases of documents are asked to do."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from shared.values import Text, id_of, wrong
from subgraphs.records.codes import DocumentContentType
from subgraphs.records.commands.clinical import RecordEntry
from subgraphs.records.commands.values import ClinicalCode, Narrative, Title, Versioned, When, undirected
from subgraphs.records.errors import FILE_NAME

EXTENSIONS: dict[DocumentContentType, tuple[str, ...]] = {
    DocumentContentType.PDF: (".pdf",),
    DocumentContentType.JPEG: (".jpg", ".jpeg"),
    DocumentContentType.PNG: (".png",),
    DocumentContentType.TIFF: (".tif", ".tiff"),
    DocumentContentType.DICOM: (".dcm",),
    DocumentContentType.TEXT: (".txt",),
    DocumentContentType.CDA: (".xml",),
}
"""How names of files of each type end, the usual way first."""

_NO_NAME = re.compile(r'[/\\:*?"<>|]|^[.~-]')  # what is a path, or has a meaning to some system or command


def is_file_name(value: str, content_type: DocumentContentType) -> bool:
    """Whether a text names a file of a type, and nothing else."""
    return value.lower().endswith(EXTENSIONS[content_type]) and not _NO_NAME.search(value)


class UploadDocument(RecordEntry):
    """A document of a patient, whose content is sent afterwards to the address that is given for it."""

    title: Title = Field(description="The title of the document.")
    type: ClinicalCode | None = Field(
        None, description="What the document is, such as 18842-5 of LOINC for a discharge summary."
    )
    category: ClinicalCode | None = Field(
        None, description="What kind of document it is, such as 11488-4 of LOINC for consultation notes."
    )
    date: When | None = Field(None, description="From when the document is, such as 1980, 1980-05 or 1980-05-17.")
    description: Narrative | None = Field(None, description="What else there is to say about the document.")
    content_type: DocumentContentType = Field(description="The type of the content, which it is held against.")
    file_name: Annotated[Text, AfterValidator(undirected)] = Field(
        description="The name of the file, without a path, and with the ending of its type, such as `.pdf`."
    )

    @field_validator("file_name")
    @classmethod
    def _of_its_type(cls, value: str, info: ValidationInfo) -> str:
        kind: DocumentContentType | None = info.data.get("content_type")
        if kind is not None and not is_file_name(value, kind):
            raise wrong(FILE_NAME, extensions=", ".join(EXTENSIONS[kind]))
        return value


class ShareDocument(Versioned):
    """A document that the patient, and the proxies who see documents, are to see from now on."""

    id: Annotated[UUID, id_of("Document")] = Field(description="The id of the document.")
