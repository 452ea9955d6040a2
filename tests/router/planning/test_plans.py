"""Plans as text: each operation in `operations` against `library.graphql` has its plan beside it.

`UPDATE_PLANS=1 pytest tests/router/planning/test_plans.py` writes them anew; read the difference before you keep it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from router.planning.command import explain, run
from router.supergraph import read_supergraph
from tests.router.composition.graphs import VALID, composed

HERE = Path(__file__).parent
LIBRARY = HERE / "library.graphql"
OPERATIONS = sorted((HERE / "operations").glob("*.graphql"))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda path: path.stem)
def test_plan(operation: Path) -> None:
    supergraph = read_supergraph(LIBRARY.read_text())
    (plan,) = explain(supergraph, operation.read_text())
    expected = operation.with_suffix(".plan")
    if os.environ.get("UPDATE_PLANS"):
        expected.write_text(plan + "\n")
    assert plan + "\n" == expected.read_text()


def test_the_same_plan_whatever_the_order_of_sets() -> None:
    """Hashes of text differ from process to process; plans must not."""
    script = (
        "from pathlib import Path; from router.planning.command import explain; from router.supergraph import read_supergraph;"
        f"graph = read_supergraph(Path({str(LIBRARY)!r}).read_text());"
        f"[print(part) for path in sorted(Path({str(HERE / 'operations')!r}).glob('*.graphql'))"
        " for part in explain(graph, path.read_text(), stages=True, source=True)]"
    )
    printed = {
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1


def test_the_command_prints_each_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(LIBRARY, HERE / "operations" / "key.graphql", stages=True) == 0
    printed = capsys.readouterr().out
    assert printed.index("Normalized {") < printed.index("#1 after 0") < printed.index("QueryPlan {")


@pytest.mark.parametrize("text", ["{ books { nothing } }", "{ books", "{ __typename"])
def test_the_command_says_what_is_wrong(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.graphql").write_text(text)
    assert run(LIBRARY, tmp_path / "bad.graphql") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("router: ")


def test_type_names_that_a_field_requires_are_in_the_representation() -> None:
    supergraph = read_supergraph(str(composed(**VALID["requires with type names"]).supergraph_sdl))
    (plan,) = explain(supergraph, "{ one { label } }")
    assert "any as One { id + sub { __typename x } for label }" in plan
