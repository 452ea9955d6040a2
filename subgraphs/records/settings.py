"""Settings of the medical record."""

from datetime import timedelta
from functools import cache

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from shared.settings import DatabaseSettings, Settings
from subgraphs.records.codes import Section


class RelationSettings(BaseSettings):
    """How long a care relation lasts, which consumers of events need to know."""

    model_config = DatabaseSettings.model_config

    records_relation_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="how many days after an appointment its practitioner may open the patient's record",
    )


class DocumentSettings(BaseSettings):
    """What becomes of documents that come, which their import needs to know as well."""

    model_config = DatabaseSettings.model_config

    records_document_bytes: int = Field(
        20 * 1024 * 1024, ge=1, le=100 * 1024 * 1024, description="how many bytes a document may have"
    )
    records_clamd_address: str | None = Field(
        None,
        pattern=r"^(tcp://[^/]+:[0-9]+|unix:///.+)$",
        description="where clamd scans documents, tcp://host:port or unix:///path; nothing is scanned if absent",
    )


class RecordsSettings(Settings, RelationSettings, DocumentSettings):
    """What the medical record needs to know beyond what every service does."""

    records_base_url: str = Field(
        pattern=r"^https?://[^/]+",
        description="the public http(s) address of this service, which addresses of documents begin with",
    )
    records_address_key: SecretStr = Field(
        min_length=32, description="a secret of this service, which signs addresses of documents"
    )
    records_answer_days: int = Field(
        14, ge=1, le=365, description="how many days a patient has to answer a request for access"
    )
    records_age_of_majority: int = Field(
        18, ge=1, le=30, description="from which birthday on nobody acts for a patient as a proxy"
    )
    records_age_of_confidence: int = Field(
        12, ge=1, le=30, description="from which birthday on confidential sections are not a proxy's"
    )
    records_confidential_sections: frozenset[Section] = Field(
        frozenset({Section.NOTES, Section.DOCUMENTS, Section.HISTORY, Section.RESULTS}),
        description="the sections of the record that are confidential, as a JSON array",
    )


@cache
def relation_lasts() -> timedelta:
    """How long after an appointment its practitioner may open the patient's record; the service has checked it at its start."""
    return timedelta(days=RelationSettings().records_relation_days)
