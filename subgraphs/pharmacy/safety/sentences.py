"""What the safety check says, each a sentence for people: what it has found, and why.

They are the English texts of the gettext catalogues in `locale`, with parameters in braces.
"""

from typing import NamedTuple

from subgraphs.pharmacy.safety.codes import SafetyRule


class Sentence(NamedTuple):
    """A stable code of its own, and the sentence; of a finding, what the check was looking for."""

    code: str
    message: str
    rule: SafetyRule | None = None


NOT_MAPPED = Sentence(
    "SAFETY_NOT_MAPPED",
    "It is not known which ingredients {drug} has: it could not be checked with anything.",
    SafetyRule.NOT_CHECKED,
)
INGREDIENT_UNKNOWN = Sentence(
    "SAFETY_INGREDIENT_UNKNOWN",
    "Nothing is known here of {ingredient}, which {drug} has in it: it could not be checked.",
    SafetyRule.NOT_CHECKED,
)
ALLERGEN_UNKNOWN = Sentence(
    "SAFETY_ALLERGEN_UNKNOWN",
    "It is not known what the allergy to {allergy} is to: {drug} could not be checked with it.",
    SafetyRule.NOT_CHECKED,
)
ALLERGY = Sentence(
    "SAFETY_ALLERGY", "The patient is allergic to {allergy}, which {drug} has in it.", SafetyRule.ALLERGY
)
ALLERGY_CROSS = Sentence(
    "SAFETY_ALLERGY_CROSS",
    "The patient is allergic to {allergy}, and may react to {ingredient} in {drug} as well.",
    SafetyRule.ALLERGY,
)
SAME_INGREDIENT = Sentence(
    "SAFETY_SAME_INGREDIENT",
    "{drug} and {other} both have {ingredient} in them, at the same time.",
    SafetyRule.DUPLICATE,
)
SAME_GROUP = Sentence(
    "SAFETY_SAME_GROUP", "{drug} and {other} are of the same group, and taken at the same time.", SafetyRule.DUPLICATE
)
DOSE_SINGLE = Sentence(
    "SAFETY_DOSE_SINGLE", "{drug}: {dose} mg of {ingredient} at once are more than {limit} mg.", SafetyRule.DOSE
)
DOSE_DAILY = Sentence(
    "SAFETY_DOSE_DAILY", "{drug}: {dose} mg of {ingredient} a day are more than {limit} mg.", SafetyRule.DOSE
)
DOSE_TOTAL = Sentence(
    "SAFETY_DOSE_TOTAL",
    "{drug} and {other} together: {dose} mg of {ingredient} a day are more than {limit} mg.",
    SafetyRule.DOSE,
)
DOSE_UNKNOWN = Sentence(
    "SAFETY_DOSE_UNKNOWN",
    "It is not known how much {ingredient} is taken with {drug}: its dose could not be checked.",
    SafetyRule.NOT_CHECKED,
)
WEIGHT_UNKNOWN = Sentence(
    "SAFETY_WEIGHT_UNKNOWN",
    "The patient's weight is not known: the dose of {ingredient} in {drug} could not be checked.",
    SafetyRule.NOT_CHECKED,
)
AGE_UNKNOWN = Sentence(
    "SAFETY_AGE_UNKNOWN",
    "The patient's day of birth is not known: {ingredient} in {drug} could not be checked with it.",
    SafetyRule.NOT_CHECKED,
)
RENAL_AVOID = Sentence(
    "SAFETY_RENAL_AVOID",
    "{ingredient} in {drug} is avoided while the kidneys filter less than {limit} mL/min/1.73 m².",
    SafetyRule.RENAL,
)
RENAL_REDUCE = Sentence(
    "SAFETY_RENAL_REDUCE",
    "Less of {ingredient} in {drug} is given while the kidneys filter less than {limit} mL/min/1.73 m².",
    SafetyRule.RENAL,
)
RENAL_UNKNOWN = Sentence(
    "SAFETY_RENAL_UNKNOWN",
    "How the kidneys filter is not known: {ingredient} in {drug} could not be checked with it.",
    SafetyRule.NOT_CHECKED,
)
PREGNANCY_AVOID = Sentence(
    "SAFETY_PREGNANCY_AVOID",
    "{ingredient} in {drug} harms an unborn child: it is avoided in pregnancy.",
    SafetyRule.PREGNANCY,
)
PREGNANCY_CAUTION = Sentence(
    "SAFETY_PREGNANCY_CAUTION", "{ingredient} in {drug} is given with care in pregnancy.", SafetyRule.PREGNANCY
)
PREGNANCY_UNKNOWN = Sentence(
    "SAFETY_PREGNANCY_UNKNOWN",
    "Whether the patient is pregnant is not known: {ingredient} in {drug} harms an unborn child.",
    SafetyRule.NOT_CHECKED,
)
AGE_AVOID = Sentence("SAFETY_AGE_AVOID", "{ingredient} in {drug} is not given to somebody of this age.", SafetyRule.AGE)
AGE_CAUTION = Sentence(
    "SAFETY_AGE_CAUTION", "{ingredient} in {drug} is given with care to somebody of this age.", SafetyRule.AGE
)


def _interaction(code: str, message: str) -> Sentence:
    return Sentence(code, message, SafetyRule.INTERACTION)


EFFECTS = {
    "HYPERTENSIVE_CRISIS": _interaction(
        "SAFETY_HYPERTENSIVE_CRISIS", "{first} with {second} can raise the blood pressure to where it is dangerous."
    ),
    "SEROTONIN_SYNDROME": _interaction(
        "SAFETY_SEROTONIN_SYNDROME", "{first} with {second} can cause a serotonin syndrome, which may be fatal."
    ),
    "LEVEL_TOO_LOW": _interaction(
        "SAFETY_LEVEL_TOO_LOW", "With {second} there is too little of {first} for it to work."
    ),
    "LEVEL_TOO_HIGH": _interaction("SAFETY_LEVEL_TOO_HIGH", "With {second} the level of {first} can become toxic."),
    "MARROW_DEPRESSION": _interaction("SAFETY_MARROW_DEPRESSION", "{first} with {second} can damage the bone marrow."),
    "TORSADE_DE_POINTES": _interaction(
        "SAFETY_TORSADE_DE_POINTES", "{first} with {second} can cause a torsade de pointes, a dangerous arrhythmia."
    ),
    "RHABDOMYOLYSIS": _interaction(
        "SAFETY_RHABDOMYOLYSIS", "{first} with {second} can destroy muscle, and then the kidneys."
    ),
    "ERGOTISM": _interaction(
        "SAFETY_ERGOTISM", "{first} with {second} can close arteries: hands, feet or the brain lack blood."
    ),
    "HYPOTENSION": _interaction(
        "SAFETY_HYPOTENSION", "{first} with {second} can lower the blood pressure dangerously."
    ),
    "RESPIRATORY_DEPRESSION": _interaction(
        "SAFETY_RESPIRATORY_DEPRESSION", "{first} with {second} can make breathing stop."
    ),
    "ANGIOEDEMA": _interaction("SAFETY_ANGIOEDEMA", "{first} with {second} can cause angioedema."),
    "BLEEDING": _interaction("SAFETY_BLEEDING", "{first} with {second} makes bleeding likelier."),
    "WEAKER_ANTIHYPERTENSIVE": _interaction(
        "SAFETY_WEAKER_ANTIHYPERTENSIVE", "With {second}, {first} may lower the blood pressure less."
    ),
    "MUSCLE_PAIN": _interaction("SAFETY_MUSCLE_PAIN", "{first} with {second} may cause pain in muscles."),
    "SLOW_HEART": _interaction("SAFETY_SLOW_HEART", "With {second}, {first} may slow the heart more."),
    "HYPOTENSION_AT_FIRST": _interaction(
        "SAFETY_HYPOTENSION_AT_FIRST", "{first} with {second} may lower the blood pressure more, most of all at first."
    ),
    "LESS_ABSORBED": _interaction("SAFETY_LESS_ABSORBED", "With {second}, less of {first} may be absorbed."),
    "CHANGED_LEVEL": _interaction(
        "SAFETY_CHANGED_LEVEL", "{second} may change the level of {first} a little, or the reverse."
    ),
    "HYPOGLYCAEMIA": _interaction("SAFETY_HYPOGLYCAEMIA", "{first} with {second} may lower the blood sugar more."),
    "CHANGED_CLOTTING": _interaction(
        "SAFETY_CHANGED_CLOTTING", "With {second}, {first} may keep blood from clotting more or less."
    ),
    "HIGH_POTASSIUM": _interaction(
        "SAFETY_HIGH_POTASSIUM", "{first} with {second} may raise the potassium and burden the kidneys."
    ),
    "MUSCLE_WEAKNESS": _interaction("SAFETY_MUSCLE_WEAKNESS", "{first} with {second} may weaken muscles at first."),
    "HARM": _interaction("SAFETY_HARM", "{first} with {second} can do harm, as this clinic has it."),
}
"""What interacting drugs do, by the codes of the tables."""

MECHANISMS = {
    "MAO_INHIBITION": Sentence("SAFETY_WHY_MAO", "What monoamine oxidase would break down is not broken down."),
    "GASTRIC_ACID": Sentence("SAFETY_WHY_ACID", "It dissolves in the stomach's acid only, of which there is less."),
    "XANTHINE_OXIDASE": Sentence("SAFETY_WHY_XANTHINE", "What xanthine oxidase would break down is not broken down."),
    "CYP3A4_INHIBITION": Sentence("SAFETY_WHY_CYP3A4", "What CYP3A4 would break down is not broken down."),
    "CYP3A4_INDUCTION": Sentence("SAFETY_WHY_CYP3A4_MORE", "CYP3A4 breaks it down faster."),
    "CYP1A2_INHIBITION": Sentence("SAFETY_WHY_CYP1A2", "What CYP1A2 would break down is not broken down."),
    "CYP2D6_INHIBITION": Sentence("SAFETY_WHY_CYP2D6", "What CYP2D6 would break down is broken down more slowly."),
    "QT_PROLONGATION": Sentence("SAFETY_WHY_QT", "Both prolong the QT interval."),
    "PROSTAGLANDINS": Sentence(
        "SAFETY_WHY_PROSTAGLANDINS", "The kidneys lack prostaglandins, and keep salt and water."
    ),
    "ADDITIVE": Sentence("SAFETY_WHY_ADDITIVE", "Both do the same, and their effects add up."),
    "BINDING": Sentence("SAFETY_WHY_BINDING", "The one binds the other in the gut: some hours between them help."),
    "METABOLISM": Sentence("SAFETY_WHY_METABOLISM", "The one changes how fast the body deals with the other."),
    "ANTAGONISM": Sentence("SAFETY_WHY_ANTAGONISM", "The one works against the other."),
    "ANTIFOLATES": Sentence("SAFETY_WHY_ANTIFOLATES", "Both keep folic acid from working."),
    "LESS_EXCRETED": Sentence("SAFETY_WHY_LESS_EXCRETED", "The kidneys excrete less of it."),
}
"""Why they do so, by the codes of the tables."""

SENTENCES = {
    each.code: each
    for each in (
        NOT_MAPPED,
        INGREDIENT_UNKNOWN,
        ALLERGEN_UNKNOWN,
        ALLERGY,
        ALLERGY_CROSS,
        SAME_INGREDIENT,
        SAME_GROUP,
        DOSE_SINGLE,
        DOSE_DAILY,
        DOSE_TOTAL,
        DOSE_UNKNOWN,
        WEIGHT_UNKNOWN,
        AGE_UNKNOWN,
        RENAL_AVOID,
        RENAL_REDUCE,
        RENAL_UNKNOWN,
        PREGNANCY_AVOID,
        PREGNANCY_CAUTION,
        PREGNANCY_UNKNOWN,
        AGE_AVOID,
        AGE_CAUTION,
        *EFFECTS.values(),
        *MECHANISMS.values(),
    )
}
"""All of them, by their codes."""
