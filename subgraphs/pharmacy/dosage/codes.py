"""The codes that dosages are made of."""

from shared.codes import Code


class DoseUnit(Code):
    """What a dose is counted in."""

    TABLET = "TABLET", "A dose is in tablets (UCUM `{tbl}`)."
    CAPSULE = "CAPSULE", "A dose is in capsules (UCUM `{capsule}`)."
    MILLILITRE = "MILLILITRE", "A dose is in millilitres (UCUM `mL`)."
    GRAM = "GRAM", "A dose is in grams (UCUM `g`)."
    MILLIGRAM = "MILLIGRAM", "A dose is in milligrams (UCUM `mg`)."
    MICROGRAM = "MICROGRAM", "A dose is in micrograms (UCUM `ug`)."
    UNIT = "UNIT", "A dose is in international units (UCUM `[iU]`)."
    DROP = "DROP", "A dose is in drops (UCUM `[drp]`)."
    PUFF = "PUFF", "A dose is in puffs of an inhaler or spray (UCUM `{puff}`)."
    PATCH = "PATCH", "A dose is in patches (UCUM `{patch}`)."
    SUPPOSITORY = "SUPPOSITORY", "A dose is in suppositories (UCUM `{suppository}`)."
    APPLICATION = "APPLICATION", "A dose is in applications, such as of an ointment (UCUM `{application}`)."


UCUM: dict[DoseUnit, str] = {unit: unit.description.split("`")[1] for unit in DoseUnit}


class TimeUnit(Code):
    """What a period is counted in (FHIR UnitsOfTime)."""

    MINUTE = "min", "The period is in minutes."
    HOUR = "h", "The period is in hours."
    DAY = "d", "The period is in days."
    WEEK = "wk", "The period is in weeks."
    MONTH = "mo", "The period is in months."
    YEAR = "a", "The period is in years."


class TimingCode(Code):
    """How often, by a code that prescribers know (FHIR TimingAbbreviation)."""

    QD = "QD", "Once a day."
    BID = "BID", "Twice a day."
    TID = "TID", "Three times a day."
    QID = "QID", "Four times a day."
    AM = "AM", "Once each morning."
    PM = "PM", "Once each afternoon."
    QOD = "QOD", "Every other day."
    Q4H = "Q4H", "Every four hours."
    Q6H = "Q6H", "Every six hours."


class Route(Code, name="DosageRoute"):
    """The way by which a medication gets into or onto the body."""

    ORAL = "ORAL", "By mouth (SNOMED CT 26643006)."
    SUBLINGUAL = "SUBLINGUAL", "Under the tongue (SNOMED CT 37839007)."
    TOPICAL = "TOPICAL", "On the skin (SNOMED CT 6064005)."
    TRANSDERMAL = "TRANSDERMAL", "Through the skin, by a patch (SNOMED CT 45890007)."
    INHALATION = "INHALATION", "Into the lungs (SNOMED CT 447694001)."
    NASAL = "NASAL", "Into the nose (SNOMED CT 46713006)."
    OPHTHALMIC = "OPHTHALMIC", "Into the eye (SNOMED CT 54485002)."
    OTIC = "OTIC", "Into the ear (SNOMED CT 10547007)."
    RECTAL = "RECTAL", "Into the rectum (SNOMED CT 37161004)."
    VAGINAL = "VAGINAL", "Into the vagina (SNOMED CT 16857009)."
    SUBCUTANEOUS = "SUBCUTANEOUS", "By injection under the skin (SNOMED CT 34206005)."
    INTRAMUSCULAR = "INTRAMUSCULAR", "By injection into a muscle (SNOMED CT 78421000)."
    INTRAVENOUS = "INTRAVENOUS", "By injection into a vein (SNOMED CT 47625008)."
