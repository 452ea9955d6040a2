"""Medical record numbers, telephone numbers and email addresses: made and brought to one form."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email
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


def normal_phone(value: str, country: str | None) -> str | None:
    """A telephone number in E.164's form; None if it is none, or has no country's prefix and no country is known."""
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_email(value: str) -> str | None:
    """An email address in its normal form; None if it is none. Whether anybody reads it is not checked."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None
