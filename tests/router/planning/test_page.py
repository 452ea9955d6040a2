"""docs/planner.md is true: its plan is the planner's, its picture shows that plan, its words are in the code."""

import ast
import re
from html import unescape
from pathlib import Path

from router.planning.command import explain
from router.supergraph import read_supergraph
from tests.router.composition.graphs import composed, fed

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "planner.md").read_text()
BLOCKS = dict(re.findall(r"```(?:graphql|text) (\w+)\n(.*?)\n```", PAGE, re.S))
SUBGRAPHS = {name: fed(BLOCKS[name]) for name in ("catalogue", "people", "store")}


def test_each_stage_is_what_the_planner_makes_of_the_operation() -> None:
    supergraph = read_supergraph(str(composed(**SUBGRAPHS).supergraph_sdl))
    normalized, *fetches, plan = explain(supergraph, BLOCKS["operation"], stages=True)
    assert normalized == BLOCKS["normalized"]
    assert "\n".join(fetches) == BLOCKS["fetches"]
    assert plan == BLOCKS["plan"]


def test_the_picture_shows_what_the_page_says() -> None:
    picture = (ROOT / "docs" / "planner.svg").read_text()
    shown = [unescape(line) for line in re.findall(r'class="c">([^<]+)<', picture)]
    assert len(shown) > 20
    assert [line for line in shown if line not in PAGE] == []
    assert [file for file in re.findall(r"[\w/]+(?:\.py|/)(?=[,<])", picture) if f"`{file}`" not in PAGE] == []


def test_the_words_of_the_glossary_are_in_the_code() -> None:
    words = {
        word
        for row in re.findall(r"^\| [^|]+ \| (`[^|]+`) \|", PAGE.partition("## Glossary")[2], re.M)
        for word in re.findall(r"`(\w+)`", row)
    }
    files = [*(ROOT / "router" / "planning").rglob("*.py"), ROOT / "router" / "supergraph" / "records.py"]
    nodes = [node for file in files for node in ast.parse(file.read_text()).body]
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    aliases = {ast.unparse(target) for node in nodes if isinstance(node, ast.Assign) for target in node.targets}
    assert words > {"Position", "GraphPath", "FetchStep"}
    assert words - classes - aliases == set()
