"""Parts the fetches of an interface object by the fields that their types require values for.

There, no type condition keeps a field with `@requires` from objects of the other types: their representations are without
the values that it is computed from.
"""

from dataclasses import replace

from router.planning.graph import FetchSelectionSet, FetchStep, PlannedField

Requiring = frozenset[PlannedField]


def separate_requirements(fetches: list[FetchStep]) -> list[FetchStep]:
    """The fetches, each for types of which the same fields require values."""
    parts = {fetch: _parts(fetch) for fetch in fetches}
    separated = [part for some in parts.values() for part in some]
    for fetch in separated:
        fetch.after = {part for before in fetch.after for part in parts.get(before, [before])}
    return separated


def _parts(fetch: FetchStep) -> list[FetchStep]:
    by_requiring: dict[Requiring, set[str]] = {}
    for type_name, inputs in fetch.inputs.items():
        requiring = frozenset(one.needed_by for one in inputs if one.needed_by is not None)
        by_requiring.setdefault(requiring, set()).add(type_name)
    if fetch.selection_set.objects is None or len(by_requiring) < 2:
        return [fetch]
    others = frozenset[PlannedField]().union(*by_requiring)
    parts = [_part(fetch, frozenset(types), others - requiring) for requiring, types in by_requiring.items()]
    return [part for part in parts if part.selection_set.fields]


def _part(fetch: FetchStep, types: frozenset[str], without: Requiring) -> FetchStep:
    whole = fetch.selection_set
    part = FetchStep(fetch.number, fetch.subgraph, fetch.position, None, fetch.deferral)
    fields = [
        replace(field, types=field.types & types)
        for field in whole.fields
        if field.planned not in without and field.types & types
    ]
    part.selection_set = FetchSelectionSet(whole.position, part, whole.static, types, whole.objects, fields=fields)
    part.inputs = {name: inputs for name, inputs in fetch.inputs.items() if name in types}
    part.contexts, part.after, part.level = fetch.contexts, set(fetch.after), fetch.level
    return part
