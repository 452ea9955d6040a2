"""The closed sets of codes that patients are described by: their values are FHIR's, as they are stored."""

from shared.codes import Code


class AdministrativeGender(Code):
    """Gender for administration (FHIR AdministrativeGender)."""

    MALE = "male", "Male."
    FEMALE = "female", "Female."
    OTHER = "other", "Neither of these."
    UNKNOWN = "unknown", "Not known."


class MaritalStatus(Code):
    """Marital status (HL7 v3 MaritalStatus)."""

    ANNULLED = "A", "The marriage was annulled."
    DIVORCED = "D", "Divorced."
    INTERLOCUTORY = "I", "Divorced, but not yet finally."
    LEGALLY_SEPARATED = "L", "Separated by law."
    MARRIED = "M", "Married."
    COMMON_LAW = "C", "Married by common law."
    POLYGAMOUS = "P", "More than one spouse at a time."
    NEVER_MARRIED = "S", "Never married."
    DOMESTIC_PARTNER = "T", "In a registered partnership."
    UNMARRIED = "U", "Not married now; whether ever is not said."
    WIDOWED = "W", "The spouse has died."
    UNKNOWN = "UNK", "Not known."


class NameUse(Code):
    """What kind of name it is (FHIR NameUse)."""

    USUAL = "usual", "What they are mostly called."
    OFFICIAL = "official", "As in official papers."
    TEMP = "temp", "For a time."
    NICKNAME = "nickname", "What friends say."
    ANONYMOUS = "anonymous", "A name that hides the person."
    OLD = "old", "No longer used."
    MAIDEN = "maiden", "Before marriage."


class ContactPointSystem(Code):
    """By what means a contact point reaches someone (FHIR ContactPointSystem)."""

    PHONE = "phone", "A telephone."
    SMS = "sms", "A telephone that gets text messages."
    EMAIL = "email", "Electronic mail."
    FAX = "fax", "Telefax."
    PAGER = "pager", "A pager."
    URL = "url", "An address on the web."
    OTHER = "other", "Something else."


class ContactPointUse(Code):
    """What a contact point is for (FHIR ContactPointUse)."""

    HOME = "home", "At home."
    WORK = "work", "At work."
    MOBILE = "mobile", "With them."
    TEMP = "temp", "For a time."
    OLD = "old", "No longer in use."


class AddressUse(Code):
    """What an address is for (FHIR AddressUse)."""

    HOME = "home", "Where they live."
    WORK = "work", "Where they work."
    TEMP = "temp", "For a time."
    BILLING = "billing", "Where bills go."
    OLD = "old", "No longer in use."


class Relationship(Code):
    """What someone is to the patient (HL7 v3 RoleCode)."""

    SPOUSE = "SPS", "Husband or wife."
    PARTNER = "DOMPART", "Partner."
    PARENT = "PRN", "Mother or father."
    CHILD = "CHILD", "Daughter or son."
    SIBLING = "SIB", "Sister or brother."
    GRANDPARENT = "GRPRN", "Grandmother or grandfather."
    GUARDIAN = "GUARD", "Guardian by law."
    RELATIVE = "FAMMEMB", "Another member of the family."
    FRIEND = "FRND", "Friend."
    NEIGHBOUR = "NBOR", "Neighbour."
    OTHER = "O", "Someone else."


class CommunicationChannel(Code):
    """A way to reach a patient outside CareGraph."""

    EMAIL = "email", "Electronic mail."
    SMS = "sms", "Text message."
    PHONE = "phone", "A call."
    MAIL = "mail", "A letter."


class PatientOrderField(Code):
    """What patients can be ordered by."""

    NAME = "NAME", "The name, family name first."
    BIRTH_DATE = "BIRTH_DATE", "The day of birth; who has none comes last if ascending."
    REGISTERED_AT = "REGISTERED_AT", "When they were registered."
