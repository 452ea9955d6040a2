"""Sees to it that what a fetch's representations are made of is fetched whenever the fetch is needed.

A fetch may have got more fields, with other conditions, after its key and required fields had been asked for.
"""

from router.planning.conditions import Condition, either
from router.planning.graph import TYPENAME, FetchStep, Position
from router.planning.normalize import Selection


def widen_conditions(fetches: list[FetchStep]) -> None:
    """Widen the conditions of inputs until nothing changes: inputs of one fetch are fields of another."""
    changed = True
    while changed:
        changed = False
        for fetch in fetches:
            condition = fetch.condition
            for context in fetch.contexts:
                changed |= _widen(fetch, context.position, context.selection, None, condition)
            for type_name, inputs in fetch.inputs.items():
                for one in inputs:
                    needed = condition if one.needed_by is None else one.needed_by.condition
                    changed |= _widen(fetch, fetch.position, one.fields, type_name, needed)


def _widen(
    fetch: FetchStep, position: Position, selection: Selection, type_name: str | None, condition: Condition
) -> bool:
    changed = False
    asked = [
        (planned, wanted)
        for wanted in selection.fields
        for planned in position.planned_fields(wanted.name, wanted.arguments)
    ]
    for planned, wanted in (*asked, *((planned, None) for planned in position.planned_fields(TYPENAME))):
        if not planned.feeds(fetch.deferral):
            continue
        resolutions = [
            one for one in planned.resolutions_for(fetch.deferral) if type_name is None or type_name in one.types
        ]
        wider = either(planned.condition, condition) if resolutions else planned.condition
        changed |= wider != planned.condition
        planned.condition = wider
        for resolution in resolutions:
            if wanted is not None and wanted.selection is not None and resolution.child is not None:
                changed |= _widen(fetch, resolution.child, wanted.selection, None, condition)
    return changed
