"""What the use cases of clinical notes are asked to do."""

from pydantic import Field

from shared.commands import Repeatable
from subgraphs.records.codes import NoteType
from subgraphs.records.commands.access import PatientId
from subgraphs.records.commands.values import EncounterId, NoteId, NoteText, Title, Versioned


class WriteNote(Repeatable):
    """A new draft of a clinical note, which only its author sees."""

    patient_id: PatientId = Field(description="The id of the patient whom the note is about.")
    encounter_id: EncounterId | None = Field(None, description="The id of the encounter that the note is about.")
    type: NoteType = Field(description="What the note is for.")
    title: Title = Field(description="The title of the note.")
    content: NoteText = Field(description="What the note says.")


class ReviseNote(Versioned):
    """A draft that is to say something else; what it said before is kept."""

    id: NoteId = Field(description="The id of the note.")
    title: Title = Field(description="The title of the note.")
    content: NoteText = Field(description="What the note says.")


class SignNote(Versioned):
    """A draft that its author signs as it was read; it never changes again."""

    id: NoteId = Field(description="The id of the note.")


class CosignNote(Versioned):
    """A signed note that somebody else than its author signs too."""

    id: NoteId = Field(description="The id of the note.")


class AddAddendum(Repeatable):
    """Something to add to a signed note, which stays as it is."""

    note_id: NoteId = Field(description="The id of the note.")
    content: NoteText = Field(description="What is added.")
