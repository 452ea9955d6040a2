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
    RESULTS = "RESULTS", "What laboratories were asked for the patient, and have found."


class FieldGroup(Code):
    """What data of a patient somebody has looked at."""

    RECORD = "RECORD", "What is recorded of the patient's health: a section of the medical record."
    ACCESS = "ACCESS", "Who may open the medical record: requests, emergencies, proxies, what is withheld."
    DEMOGRAPHICS = "DEMOGRAPHICS", "Who the patient is: names, birth, gender, addresses, contacts, identifiers."
    APPOINTMENTS = "APPOINTMENTS", "When the patient comes and to whom: appointments, the waitlist, calendar feeds."
    PRESCRIPTIONS = "PRESCRIPTIONS", "What is prescribed for the patient and dispensed to them."
    LABORATORY = "LABORATORY", "What a laboratory examines for the patient: orders, specimens and results."
    MESSAGES = "MESSAGES", "What was told about the patient, or to them, in somebody's inbox."
    ACCOUNT = "ACCOUNT", "The account that the patient logs in with."


class DisclosuresExportFormat(Code):
    """The format of an exported accounting of disclosures."""

    FHIR = "FHIR", "A Bundle of AuditEvents (FHIR R4)."
    CSV = "CSV", "A table with a line for each look (RFC 4180), for spreadsheets."


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


class EncounterStatus(Code):
    """The state of an encounter (FHIR EncounterStatus)."""

    PLANNED = "PLANNED", "The encounter is to come (FHIR `planned`)."
    IN_PROGRESS = "IN_PROGRESS", "The patient is being seen (FHIR `in-progress`)."
    ON_HOLD = "ON_HOLD", "The encounter is interrupted (FHIR `onleave`)."
    FINISHED = "FINISHED", "The encounter is over, and nothing but addenda is added to it (FHIR `finished`)."
    CANCELLED = "CANCELLED", "The encounter ended before it began (FHIR `cancelled`)."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The encounter was entered by mistake (FHIR `entered-in-error`)."


class EncounterClass(Code):
    """What kind of encounter it is (HL7 v3 ActEncounterCode)."""

    AMBULATORY = "AMB", "The patient comes for the encounter and leaves again."
    EMERGENCY = "EMER", "The patient comes in an emergency."
    HOME = "HH", "The patient is visited at home."
    INPATIENT = "IMP", "The patient stays overnight."
    VIRTUAL = "VR", "The patient is talked to from afar."


class NoteStatus(Code):
    """The state of a clinical note."""

    DRAFT = "DRAFT", "The note is being written, and only its author sees it."
    SIGNED = "SIGNED", "The author has signed the note, which never changes again."
    COSIGNED = "COSIGNED", "The author and a second person have signed the note."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The note was entered by mistake; what was signed stays."


class NoteType(Code):
    """What a clinical note is for."""

    PROGRESS = "PROGRESS", "How the patient is doing."
    HISTORY_AND_PHYSICAL = "HISTORY_AND_PHYSICAL", "The patient's history and the findings of an examination."
    CONSULTATION = "CONSULTATION", "What a specialist was asked, and says."
    NURSING = "NURSING", "What nurses have observed and done."
    PROCEDURE = "PROCEDURE", "How a procedure went."
    DISCHARGE_SUMMARY = "DISCHARGE_SUMMARY", "What was done during a stay, and what is to follow."
    PSYCHOTHERAPY = "PSYCHOTHERAPY", "Notes of psychotherapy, which only their author and the patient see."


class ConditionCategory(Code):
    """What a condition is recorded as (FHIR condition-category)."""

    PROBLEM = "problem-list-item", "The condition is on the patient's list of problems."
    DIAGNOSIS = "encounter-diagnosis", "The condition is a diagnosis of one encounter."


class ConditionSeverity(Code):
    """How severe a condition is."""

    MILD = "mild", "The condition is mild."
    MODERATE = "moderate", "The condition is moderate."
    SEVERE = "severe", "The condition is severe."


class ConditionClinicalStatus(Code):
    """Whether a patient has a condition now (FHIR condition-clinical)."""

    ACTIVE = "ACTIVE", "The patient has the condition."
    RECURRENCE = "RECURRENCE", "The condition has come back after it was resolved."
    RELAPSE = "RELAPSE", "The condition has come back after a remission."
    INACTIVE = "INACTIVE", "The patient has no signs of the condition now."
    REMISSION = "REMISSION", "The condition has abated, and may come back."
    RESOLVED = "RESOLVED", "The patient no longer has the condition."


class ConditionVerification(Code):
    """How sure it is that a patient has a condition (FHIR condition-ver-status)."""

    UNCONFIRMED = "UNCONFIRMED", "There is not enough evidence for the condition."
    PROVISIONAL = "PROVISIONAL", "The condition is assumed while the patient is examined."
    DIFFERENTIAL = "DIFFERENTIAL", "The condition is one of several that it may be."
    CONFIRMED = "CONFIRMED", "There is enough evidence for the condition."
    REFUTED = "REFUTED", "The patient does not have the condition."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The condition was entered by mistake."


class AllergyClinicalStatus(Code):
    """Whether a patient has an allergy now (FHIR allergyintolerance-clinical)."""

    ACTIVE = "ACTIVE", "The patient is at risk of a reaction."
    INACTIVE = "INACTIVE", "The patient is no longer at risk of a reaction, or that is no longer asserted."
    RESOLVED = "RESOLVED", "An examination has shown that the patient no longer reacts."


class AllergyVerification(Code):
    """How sure it is that a patient has an allergy (FHIR allergyintolerance-verification)."""

    UNCONFIRMED = "UNCONFIRMED", "The allergy was told, and not examined."
    CONFIRMED = "CONFIRMED", "There is enough evidence for the allergy."
    REFUTED = "REFUTED", "An examination has shown that the patient does not have the allergy."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The allergy was entered by mistake."


class AllergyType(Code):
    """By what mechanism a patient reacts (FHIR AllergyIntoleranceType)."""

    ALLERGY = "allergy", "The immune system reacts to the substance."
    INTOLERANCE = "intolerance", "The reaction to the substance is not one of the immune system."


class AllergyCategory(Code):
    """What kind of substance a patient reacts to (FHIR AllergyIntoleranceCategory)."""

    FOOD = "food", "The substance is eaten or drunk."
    MEDICATION = "medication", "The substance is given to treat or to diagnose."
    ENVIRONMENT = "environment", "The substance is in the environment, such as pollen or latex."
    BIOLOGIC = "biologic", "The substance is made by living things, such as a vaccine."


class AllergyCriticality(Code):
    """What harm a future reaction may do (FHIR AllergyIntoleranceCriticality)."""

    LOW = "low", "A reaction is not expected to be a danger to life."
    HIGH = "high", "A reaction may be a danger to life."
    UNABLE_TO_ASSESS = "unable-to-assess", "The harm of a reaction cannot be assessed."


class ReactionSeverity(Code):
    """How severe a reaction was (FHIR AllergyIntoleranceSeverity)."""

    MILD = "mild", "The reaction was mild."
    MODERATE = "moderate", "The reaction was moderate."
    SEVERE = "severe", "The reaction was severe."


class ConsciousnessLevel(Code):
    """How conscious a patient is (ACVPU, as NEWS2 has it)."""

    ALERT = "A", "The patient is alert."
    CONFUSION = "C", "The patient is newly confused."
    VOICE = "V", "The patient responds to voice."
    PAIN = "P", "The patient responds to pain."
    UNRESPONSIVE = "U", "The patient does not respond."


class EntryStatus(Code):
    """Whether an entry of the record holds."""

    RECORDED = "RECORDED", "The entry was recorded, and holds (FHIR `final`)."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The entry was recorded by mistake (FHIR `entered-in-error`)."


class DocumentStatus(Code):
    """How far the content of a document is."""

    PENDING = "PENDING", "The content has not come yet."
    UPLOADED = "UPLOADED", "The content has come and is still to be scanned for malware; nobody can open it."
    AVAILABLE = "AVAILABLE", "The content can be opened."
    QUARANTINED = "QUARANTINED", "The scan has found malware, and nobody can open the content."
    REJECTED = "REJECTED", "What was sent was not taken, and is not kept."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The document was entered by mistake (FHIR `entered-in-error`)."


class DocumentRejection(Code):
    """Why the content of a document was not taken."""

    EMPTY = "EMPTY", "The content was empty."
    TOO_LARGE = "TOO_LARGE", "The content had more bytes than a document may have."
    OTHER_TYPE = "OTHER_TYPE", "The content was not of the type that was named."
    AMBIGUOUS = "AMBIGUOUS", "The content was something else as well, such as HTML or an archive."
    NOT_SCANNED = "NOT_SCANNED", "Nobody could scan it for malware in time."


class DocumentContentType(Code):
    """The media type of a document's content."""

    PDF = "application/pdf", "A PDF file."
    JPEG = "image/jpeg", "An image, such as a photograph."
    PNG = "image/png", "An image, such as a screenshot."
    TIFF = "image/tiff", "An image, such as a scanned or faxed page."
    DICOM = "application/dicom", "A medical image (DICOM part 10)."
    TEXT = "text/plain", "Plain text in UTF-8."
    CDA = "application/cda+xml", "A clinical document in XML (HL7 CDA release 2)."


class ImmunizationStatus(Code):
    """Whether a vaccination was given (FHIR ImmunizationStatus)."""

    COMPLETED = "COMPLETED", "The vaccination was given."
    NOT_DONE = "NOT_DONE", "The vaccination was not given."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The vaccination was entered by mistake."


class ProcedureStatus(Code):
    """How far a procedure has come (FHIR EventStatus)."""

    IN_PROGRESS = "IN_PROGRESS", "The procedure goes on."
    COMPLETED = "COMPLETED", "The procedure is done."
    STOPPED = "STOPPED", "The procedure was ended before it was done."
    NOT_DONE = "NOT_DONE", "The procedure was not begun."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The procedure was entered by mistake."


class MedicationStatus(Code):
    """Whether a patient takes medication (FHIR MedicationStatementStatusCodes)."""

    ACTIVE = "ACTIVE", "The patient takes the medication."
    ON_HOLD = "ON_HOLD", "The patient takes the medication again later."
    STOPPED = "STOPPED", "The patient took the medication for a shorter time than planned."
    COMPLETED = "COMPLETED", "The patient has taken the medication as long as planned."
    NOT_TAKEN = "NOT_TAKEN", "The patient has not taken the medication."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The medication was entered by mistake."


class MedicationSource(Code):
    """Who says that a patient takes medication."""

    PATIENT = "patient", "The patient says so."
    RELATIVE = "relative", "Somebody close to the patient says so."
    CLINICIAN = "clinician", "Somebody who treats the patient says so."
    PRESCRIPTION = "prescription", "A prescription of another system says so."
    ADMINISTRATION = "administration", "Another system says that it was given to the patient."
    DISPENSE = "dispense", "Another system says that it was handed over to the patient."


class FamilyRelationship(Code):
    """What a relative is to a patient (HL7 v3 RoleCode)."""

    MOTHER = "MTH", "The patient's mother."
    FATHER = "FTH", "The patient's father."
    SISTER = "SIS", "The patient's sister."
    BROTHER = "BRO", "The patient's brother."
    DAUGHTER = "DAUC", "The patient's daughter."
    SON = "SONC", "The patient's son."
    GRANDMOTHER = "GRMTH", "The patient's grandmother."
    GRANDFATHER = "GRFTH", "The patient's grandfather."
    AUNT = "AUNT", "The patient's aunt."
    UNCLE = "UNCLE", "The patient's uncle."
    OTHER = "FAMMEMB", "Another member of the patient's family."


class CarePlanStatus(Code):
    """Whether a care plan is followed (FHIR RequestStatus)."""

    ACTIVE = "ACTIVE", "The care plan is followed."
    ON_HOLD = "ON_HOLD", "The care plan is followed again later."
    COMPLETED = "COMPLETED", "What the care plan is for has been reached."
    REVOKED = "REVOKED", "The care plan is no longer followed."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The care plan was entered by mistake."


class CareTeamStatus(Code):
    """Whether a care team works (FHIR CareTeamStatus)."""

    ACTIVE = (
        "ACTIVE",
        "The care team looks after the patient; members of one that was recorded here may open the record.",
    )
    INACTIVE = "INACTIVE", "The care team no longer looks after the patient."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The care team was entered by mistake."


class EntryKind(Code, name="RecordEntryKind"):
    """What kind of entry of the medical record it is: the values are the names of the types."""

    ALLERGY = "Allergy", "The entry is an allergy, or that none is known."
    CARE_PLAN = "CarePlan", "The entry is a care plan."
    CARE_TEAM = "CareTeam", "The entry is a care team."
    CONDITION = "Condition", "The entry is a diagnosis or problem."
    DOCUMENT = "Document", "The entry is a document."
    ENCOUNTER = "Encounter", "The entry is an encounter."
    FAMILY_HISTORY = "FamilyHistory", "The entry is the health of a relative."
    IMMUNIZATION = "Immunization", "The entry is a vaccination."
    MEDICATION_STATEMENT = "MedicationStatement", "The entry is medication that was or is taken."
    NOTE = "Note", "The entry is a clinical note."
    PROCEDURE = "Procedure", "The entry is a procedure."
    SOCIAL_HISTORY = "SocialHistory", "The entry is how a patient lives."
    VITAL_SIGNS = "VitalSigns", "The entry is vital signs."


class FiltrationStage(Code):
    """The category of the glomerular filtration rate, in mL/min/1.73 m² (KDIGO 2024)."""

    G1 = "G1", "90 or more: normal or high."
    G2 = "G2", "60 to 89: mildly decreased."
    G3A = "G3a", "45 to 59: mildly to moderately decreased."
    G3B = "G3b", "30 to 44: moderately to severely decreased."
    G4 = "G4", "15 to 29: severely decreased."
    G5 = "G5", "Less than 15: the kidneys fail."


class FiltrationGap(Code):
    """Why a filtration rate cannot be estimated."""

    BIRTH_DATE_UNKNOWN = "BIRTH_DATE_UNKNOWN", "The patient's day of birth is not known."
    SEX_UNKNOWN = "SEX_UNKNOWN", "The patient's gender for administration is neither female nor male."
    UNDER_AGE = "UNDER_AGE", "The patient was under 18 years old, for whom the equation was not made."


class FiltrationSex(Code):
    """A sex that the equation of the filtration rate distinguishes."""

    FEMALE = "female", "The patient is female."
    MALE = "male", "The patient is male."


class EarlyWarningRisk(Code):
    """How urgent a response to an early warning score is (NEWS2)."""

    LOW = "LOW", "A nurse looks at the patient."
    LOW_MEDIUM = "LOW_MEDIUM", "A single parameter has 3 points: somebody of the ward looks at the patient soon."
    MEDIUM = "MEDIUM", "Somebody of the ward looks at the patient urgently."
    HIGH = "HIGH", "A team with competence in critical care looks at the patient at once."


class RecordExportFormat(Code):
    """The format of an exported record."""

    FHIR_IPS = "FHIR_IPS", "A Bundle of FHIR R4, as the International Patient Summary has it."
    PDF = "PDF", "A PDF that is tagged for screen readers (PDF/UA)."
