"""Files of HL7 v2 results into the laboratory, as its listener takes them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.database.engine import Database
from subgraphs.laboratory.hl7.acknowledgement import Verdict
from subgraphs.laboratory.hl7.message import Message
from subgraphs.laboratory.service.inbound import receive

LARGEST = 256 * 1024 * 1024

# Around messages in batches and files (HL7 v2.5.1, 2.10.3), and what MLLP has around them.
_AROUND = re.compile(rb"(?:(?<=[\r\n])|\A)(?:FHS|BHS|BTS|FTS)[^\r\n]*[\r\n]*")
_FRAMES = re.compile(rb"[\x0b\x1c]")
_BEGIN = re.compile(rb"(?:(?<=[\r\n])|\A)(?=MSH[^A-Za-z0-9\s])")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A message of a file that was not applied, or a file that has none: what its answer says."""

    path: Path
    number: int
    verdict: str
    causes: tuple[str, ...]


@dataclass
class Verdicts:
    """What became of how many messages, by MSA-1, and of which files nothing was taken."""

    verdicts: Counter[str] = field(default_factory=Counter)
    others: list[Path] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all was applied."""
        return not self.others and set(self.verdicts) <= {Verdict.ACCEPTED.value}


def files(paths: Sequence[Path]) -> list[Path]:
    """The files that are named, and those in folders that are, in order."""
    found = [each for path in paths for each in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [each for each in found if each.is_file()]


def messages(content: bytes) -> Iterator[bytes]:
    """The messages of a file: one, several, or a batch."""
    plain = _AROUND.sub(b"", _FRAMES.sub(b"\r", content.removeprefix(b"\xef\xbb\xbf")))
    yield from (each for each in _BEGIN.split(plain) if each.startswith(b"MSH"))


async def import_hl7(database: Database, paths: Sequence[Path], tell: Callable[[Trouble], None]) -> Verdicts:
    """Take the messages of files, in order, each in a transaction of its own; what was taken before stays as it is."""
    summary = Verdicts()
    for path in paths:
        found = messages(path.read_bytes()) if path.stat().st_size <= LARGEST else iter(())
        number = 0
        for number, each in enumerate(found, 1):
            answer = Message(await receive(database, each))
            verdict = answer.segments[1].first(1).text
            summary.verdicts[verdict] += 1
            if verdict != Verdict.ACCEPTED:
                errors = [each.first(8).text for each in answer.segments[2:] if each.name == "ERR"]
                tell(Trouble(path, number, verdict, tuple(errors)))
        if not number:
            summary.others.append(path)
    return summary
