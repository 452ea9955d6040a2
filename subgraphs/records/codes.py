"""Closed sets of codes of the medical record."""

from shared.codes import Code


class Section(Code, name="RecordSection"):
    """A part of the medical record that is opened, or withheld, as a whole."""

    CONDITIONS = "CONDITIONS", "Diagnoses and problems."
    ALLERGIES = "ALLERGIES", "Allergies and intolerances."
    MEDICATIONS = "MEDICATIONS", "Medication that was and is taken."
    IMMUNIZATIONS = "IMMUNIZATIONS", "Vaccinations that were given."
    VITAL_SIGNS = "VITAL_SIGNS", "Vital signs and the scores that are made of them."
    PROCEDURES = "PROCEDURES", "Procedures that were carried out."
    NOTES = "NOTES", "Encounters and clinical notes."
    DOCUMENTS = "DOCUMENTS", "Documents of all kinds, such as letters and findings."
    HISTORY = "HISTORY", "Family and social history."
    CARE_PLANS = "CARE_PLANS", "Care plans and care teams."


class PurposeOfUse(Code):
    """For what a record is used (HL7 v3 PurposeOfUse, http://terminology.hl7.org/CodeSystem/v3-ActReason)."""

    TREAT = "TREAT", "To treat the patient."
    ETREAT = "ETREAT", "To treat the patient in an emergency."
    CAREMGT = "CAREMGT", "To manage the patient's care."
    COC = "COC", "To coordinate care among those who treat the patient."
    PATRQT = "PATRQT", "At the patient's own request."
    FAMRQT = "FAMRQT", "At the request of the patient's family."
    PUBHLTH = "PUBHLTH", "For public health, such as a report that the law asks for."
    HRESCH = "HRESCH", "For research in health care."
    HQUALIMP = "HQUALIMP", "To improve the quality of care."
    HLEGAL = "HLEGAL", "For a legal matter."


class RequestStatus(Code, name="RecordAccessStatus"):
    """What became of a request for access to a record, and of the grant that it may have led to."""

    PENDING = "PENDING", "The request waits for the patient's decision."
    GRANTED = "GRANTED", "The patient has granted access, which holds."
    REFUSED = "REFUSED", "The patient has refused access."
    EXPIRED = "EXPIRED", "Nobody answered the request in time, or the time of the grant is over."
    WITHDRAWN = "WITHDRAWN", "The request was withdrawn by who made it, or the grant by either."


class Party(Code, name="RecordAccessParty"):
    """Who can change a request for access to a record."""

    PATIENT = "PATIENT", "The patient, or a minor's proxy."
    REQUESTER = "REQUESTER", "The member of staff who made the request."
    SYSTEM = "SYSTEM", "CareGraph itself, by the clock."


class EmergencyStatus(Code, name="EmergencyAccessStatus"):
    """How far an access in an emergency is."""

    OPEN = "OPEN", "The access holds."
    CLOSED = "CLOSED", "The access is over, and waits to be reviewed."
    REVIEWED = "REVIEWED", "The access was reviewed."


class Verdict(Code, name="EmergencyAccessVerdict"):
    """What an auditor found of an access in an emergency."""

    JUSTIFIED = "JUSTIFIED", "There was an emergency in which the record was needed."
    NOT_JUSTIFIED = "NOT_JUSTIFIED", "There was no emergency, or the record was not needed for it."


class Relationship(Code, name="ProxyRelationship"):
    """How a proxy is related to the minor (HL7 v3 RoleCode PRN, GUARD)."""

    PARENT = "PARENT", "A parent of the minor."
    GUARDIAN = "GUARDIAN", "A guardian of the minor."
