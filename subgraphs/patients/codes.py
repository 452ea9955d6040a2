"""The closed sets of codes that patients are described by: their values are FHIR's, as they are stored."""

from shared.codes import Code


class MaritalStatus(Code):
    """A person's marital status (HL7 v3 MaritalStatus)."""

    ANNULLED = "A", "The person's marriage was annulled."
    DIVORCED = "D", "The person is divorced."
    INTERLOCUTORY = "I", "The person is divorced, but not yet finally."
    LEGALLY_SEPARATED = "L", "The person is separated from their spouse by law."
    MARRIED = "M", "The person is married."
    COMMON_LAW = "C", "The person is married by common law."
    POLYGAMOUS = "P", "The person has more than one spouse at a time."
    NEVER_MARRIED = "S", "The person was never married."
    DOMESTIC_PARTNER = "T", "The person lives in a registered partnership."
    UNMARRIED = "U", "The person is not married now; whether they ever were is not said."
    WIDOWED = "W", "The person's spouse has died."
    UNKNOWN = "UNK", "The person's marital status is not known."


class NameUse(Code):
    """What kind of name a name is (FHIR NameUse)."""

    USUAL = "usual", "The name that the person is mostly called by."
    OFFICIAL = "official", "The name in the person's official papers."
    TEMP = "temp", "A name that is used for a time only."
    NICKNAME = "nickname", "A name that friends call the person by."
    ANONYMOUS = "anonymous", "A name that hides who the person is."
    OLD = "old", "A name that is no longer used."
    MAIDEN = "maiden", "The name that the person had before marriage."


class ContactPointSystem(Code):
    """By what means a contact point reaches someone (FHIR ContactPointSystem)."""

    PHONE = "phone", "A telephone for calls."
    SMS = "sms", "A telephone that receives text messages."
    EMAIL = "email", "An email address."
    FAX = "fax", "A telefax machine."
    PAGER = "pager", "A pager that receives messages."
    URL = "url", "An address on the web."
    OTHER = "other", "Another means than all of these."


class ContactPointUse(Code):
    """What a contact point is for (FHIR ContactPointUse)."""

    HOME = "home", "The contact point reaches someone at home."
    WORK = "work", "The contact point reaches someone at work."
    MOBILE = "mobile", "The contact point is a device that someone carries with them."
    TEMP = "temp", "The contact point is used for a time only."
    OLD = "old", "The contact point is no longer in use."


class AddressUse(Code):
    """What a postal address is for (FHIR AddressUse)."""

    HOME = "home", "The address where someone lives."
    WORK = "work", "The address where someone works."
    TEMP = "temp", "An address that is used for a time only."
    BILLING = "billing", "The address that bills go to."
    OLD = "old", "An address that is no longer in use."


class Relationship(Code):
    """What someone is to a patient (HL7 v3 RoleCode)."""

    SPOUSE = "SPS", "The patient's husband or wife."
    PARTNER = "DOMPART", "The patient's partner, without marriage."
    PARENT = "PRN", "The patient's mother or father."
    CHILD = "CHILD", "The patient's daughter or son."
    SIBLING = "SIB", "The patient's sister or brother."
    GRANDPARENT = "GRPRN", "The patient's grandmother or grandfather."
    GUARDIAN = "GUARD", "The patient's guardian by law."
    RELATIVE = "FAMMEMB", "Another member of the patient's family."
    FRIEND = "FRND", "A friend of the patient."
    NEIGHBOUR = "NBOR", "A neighbour of the patient."
    OTHER = "O", "Someone else than all of these."


class CommunicationChannel(Code):
    """A way to reach a patient outside CareGraph."""

    EMAIL = "email", "The patient is reached by email."
    SMS = "sms", "The patient is reached by text messages."
    PHONE = "phone", "The patient is reached by calls."
    MAIL = "mail", "The patient is reached by letters."


class PatientOrderField(Code):
    """What patients can be ordered by."""

    NAME = "NAME", "By the name of the patients, family name first."
    BIRTH_DATE = "BIRTH_DATE", "By the day of birth; patients without one come last if ascending."
    REGISTERED_AT = "REGISTERED_AT", "By when the patients were registered."
