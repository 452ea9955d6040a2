"""What can be wrong with what pharmacy's use cases are asked to do."""

from shared.errors import Problem

RXCUI = Problem("RXCUI", "It is a concept's number in RxNorm, digits alone.")
RXCUI_EXISTS = Problem("RXCUI_EXISTS", "Another medication has this number of RxNorm: change that one.")
UCUM_UNIT = Problem("UCUM_UNIT", "It is a unit of UCUM, such as mg or mg/mL.")
QUANTITY = Problem("QUANTITY", "It is more than 0, at most {maximum}, with {places} decimal places at most.")
INGREDIENT_REPEATED = Problem("INGREDIENT_REPEATED", "Each ingredient is named once.")
PACK_REPEATED = Problem("PACK_REPEATED", "Each pack has a name of its own.")
