"""Names of drugs, brought to one form; and the ingredients that RxNorm's name of a product tells."""

import re

# Words of salts and esters that a name may end with, of which the ingredient itself is the same.
_SALTS = frozenset((
    "acetate", "acetonide", "anhydrous", "besylate", "bitartrate", "bromide", "butyrate", "calcium", "carbonate",
    "chloride", "citrate", "dihydrate", "dipropionate", "disodium", "ethylsuccinate", "fumarate", "furoate",
    "gluconate", "hcl", "hemihydrate", "hydrobromide", "hydrochloride", "lactate", "magnesium", "malate", "maleate",
    "medoxomil", "mesylate", "mofetil", "monohydrate", "napsylate", "nitrate", "oxalate", "pamoate", "phosphate",
    "potassium", "propionate", "saccharate", "sodium", "stearate", "succinate", "sulfate", "sulphate", "tartrate",
    "tosylate", "trihydrate", "tromethamine", "valerate", "xinafoate",
))  # fmt: skip
# What RxNorm's names begin with besides: a release time, a volume, the number of an application.
_BEFORE = re.compile(r"^((NDA\d+|\d+(\.\d+)? (HR|ML|ACTUAT|MG|UNT)) )+", re.IGNORECASE)
_STRENGTH = re.compile(r" \d.*$")
_TAG = re.compile(r"\s*\((substance|finding|disorder|product|organism|medicinal product)\)$")
_OF_ALLERGY = re.compile(r"^(allergy to|allergic to|allergic reaction to|hypersensitivity to|intolerance to) ")
_ALLERGY = re.compile(r" (allergy|hypersensitivity|intolerance|sensitivity)$")


def normal(name: str) -> str:
    """A name in lower case, with single blanks."""
    return " ".join(name.casefold().replace("\u2019", "'").split())


def without_salts(name: str) -> list[str]:
    """A normal name, and what it is without the salts that it ends with, one word at a time."""
    words = name.split()
    found = [name]
    while len(words) > 1 and words[-1] in _SALTS:
        words.pop()
        found.append(" ".join(words))
    return found


def parts_of(product: str) -> list[str]:
    """The names of the ingredients in RxNorm's name of a clinical or branded drug (SCD, SBD), normal."""
    found = []
    for part in product.partition("[")[0].split(" / "):
        name = _STRENGTH.sub("", _BEFORE.sub("", part.strip()))
        found.append(normal(name))
    return found


def allergen_of(display: str) -> list[str]:
    """What an allergy is to, in the words of its name, normal."""
    name = _TAG.sub("", normal(display))
    name = _ALLERGY.sub("", _OF_ALLERGY.sub("", name))
    return [part.strip() for part in name.split(" / ")]
