"""The subgraphs of a random world as their authors would write them: Federation 2 SDL, ready to be composed."""

from tests.router.composition.graphs import Graph, fed
from tests.router.execution.world import FieldDef, TypeDef, World, signature


def subgraphs_of(world: World) -> Graph:
    """SDL by subgraph."""
    return {name: fed(_sdl(world, name)) for name in world.subgraphs}


def _sdl(world: World, subgraph: str) -> str:
    roots = [_field(one, subgraph) for one in world.roots.values() if subgraph in one.owners]
    types = [_type(world, kind, subgraph) for kind in world.types.values() if subgraph in kind.subgraphs]
    return "\n".join(([f"type Query {{ {' '.join(roots)} }}"] if roots else []) + types)


def _type(world: World, kind: TypeDef, subgraph: str) -> str:
    if kind.kind == "union":
        return f"union {kind.name} = {' | '.join(sorted(kind.members[subgraph]))}"
    interface = kind.kind == "interface" and subgraph not in kind.objects
    interfaces = [name for name in sorted(kind.interfaces) if kind.name in world.types[name].members.get(subgraph, ())]
    directives = [f'@key(fields: "{key}")' for key in kind.keys.get(subgraph, ())]
    directives += ["@interfaceObject"] * (subgraph in kind.objects)
    directives += ['@context(name: "around")'] * (subgraph == kind.sets_context)
    fields = " ".join(
        signature(one, subgraph) if interface else _field(one, subgraph)
        for one in kind.fields.values()
        if subgraph in one.owners | one.external
    )
    implements = f"implements {' & '.join(interfaces)}" if interfaces else ""
    return f"{'interface' if interface else 'type'} {kind.name} {implements} {' '.join(directives)} {{ {fields} }}"


def _field(one: FieldDef, subgraph: str) -> str:
    """A field that is external takes the type that its owners' types make."""
    external = subgraph not in one.owners
    directives = [signature(one, min(one.owners) if external and one.owners == one.strict else subgraph)]
    if external:
        directives.append("@external")
    elif len(one.owners | one.external) > 1:
        directives.append("@shareable")
    if one.context:
        argument = f'(around: String @fromContext(field: "$around {{ {one.context} }}"))'
        directives[0] = f"{one.name}{argument}: {one.type}"
    if one.requires and not external:
        escaped = one.requires.replace('"', '\\"')
        directives.append(f'@requires(fields: "{escaped}")')
    if subgraph in one.provides:
        directives.append(f'@provides(fields: "{one.provides[subgraph]}")')
    return " ".join(directives)
