"""Medical record numbers."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from subgraphs.patients.models import MEDICAL_RECORD_NUMBERS


async def issue_medical_record_numbers(session: AsyncSession, count: int) -> list[str]:
    """Numbers that nobody has had: from a sequence, each with its check digit. A gap tells nothing."""
    statement = select(MEDICAL_RECORD_NUMBERS.next_value()).select_from(func.generate_series(1, count))
    return [f"{number}{check_digit(number)}" for number in await session.scalars(statement)]


def check_digit(number: int) -> int:
    """The last digit of ISO/IEC 7812-1's modulus 10, which HL7's table 0061 calls M10."""
    digits = [int(digit) for digit in reversed(str(number))]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2])
    return -(doubled + sum(digits[1::2])) % 10
