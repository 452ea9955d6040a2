"""Files in the graph."""

from base64 import b64encode
from typing import Self

import strawberry

from shared.files import File


@strawberry.type
class FileContent:
    """The base of types of files: `class RoomPlan(FileContent)`."""

    media_type: str = strawberry.field(description="The media type of the file, such as `application/pdf`.")
    file_name: str = strawberry.field(description="The name of the file, without the patient's.")
    content: str = strawberry.field(description="The bytes of the file, in base64 (RFC 4648, section 4).")

    @classmethod
    def of(cls, file: File) -> Self:
        """From a file."""
        return cls(media_type=file.media_type, file_name=file.name, content=b64encode(file.content).decode())
