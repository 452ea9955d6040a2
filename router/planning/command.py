"""The command `python -m router plan`: an operation's plan as text, on request with what leads to it and follows from it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, parse, validate

from router.execution.program import Unsupported, compile_plan
from router.planning.deferral import decided, with_defer
from router.planning.normalize import PlanningError, Selection
from router.planning.plan import QueryPlan
from router.planning.planner import Planner
from router.supergraph import Supergraph, SupergraphError, read_supergraph


def run(supergraph: Path, operation: Path, *, stages: bool = False, source: bool = False) -> int:
    """Print the plan of each operation in a document; 1, with the reason on standard error, if there is none."""
    try:
        graph = read_supergraph(supergraph.read_text(encoding="utf-8"))
        for text in explain(graph, operation.read_text(encoding="utf-8"), stages=stages, source=source):
            sys.stdout.write(text + "\n")
    except (OSError, SupergraphError, GraphQLError, PlanningError) as error:
        sys.stderr.write(f"router: {error}\n")
        return 1
    return 0


def explain(supergraph: Supergraph, text: str, *, stages: bool = False, source: bool = False) -> Iterator[str]:
    """The plans of a document's operations, and the stages before them and the requests after them on request."""
    document = parse(text)
    if errors := validate(with_defer(supergraph.api_schema), document):
        raise errors[0]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    planner = Planner(supergraph)
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        node = decided(document, definition)
        selection = planner.normalize(node, fragments)
        if stages:
            yield f"Normalized {{\n{chr(10).join(selection.lines('  '))}\n}}"
            yield from planner.show_fetches(node, selection)
        plan = planner.plan(node, selection)
        yield str(plan)
        if source:
            yield _source(supergraph, plan, selection)


def _source(supergraph: Supergraph, plan: QueryPlan, selection: Selection) -> str:
    """What the plan is compiled to while no variable of `@skip` or `@include` is given."""
    if plan.deferred:
        return "# interpreted: the answer is delivered incrementally"
    try:
        return compile_plan(supergraph, plan, selection, {}).source
    except Unsupported as error:
        return f"# interpreted: {error}"
