"""`python -m tests.router.limits`: the limits of an operation as docs/router.md has them, each as it refuses one."""

from collections.abc import Iterator

from router.config import LimitsSection
from router.errors import RequestError
from router.http.limits import check, parse_document

BEYOND = "{ a: b { c @d } e }"
"""It has more of everything than the least limits let pass."""


def rows() -> Iterator[str]:
    """A row for each limit that does not depend on the graph: its key, its default, the code of its refusal."""
    for name, field in LimitsSection.model_fields.items():
        if name not in ("cost", "list_size"):
            counted = " (fields)" if name == "height" else ""
            yield f"| `{name}`{counted} | {field.default} | `{_code(name)}` |"


def _code(name: str) -> str:
    limits = LimitsSection.model_validate({name: 1 if name in ("depth", "height", "root_fields", "tokens") else 0})
    try:
        document = parse_document(BEYOND, limits)
        check(document, document.definitions[0], limits)  # type: ignore[arg-type]  # it is an operation
    except RequestError as refused:
        (error,) = refused.errors
        return str(error["extensions"]["code"])
    raise AssertionError(f"nothing is refused for {name}")


if __name__ == "__main__":
    print("| key under `limits` | default | code |\n|-|-|-|", *rows(), sep="\n")  # noqa: T201 - it is a command
