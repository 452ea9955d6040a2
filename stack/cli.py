"""The command `caregraph`: every module in `stack.commands` adds its own."""

import pkgutil
from importlib import import_module
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from stack import commands
from stack.errors import StackError


class _OneLineErrors(TyperGroup):
    """What a person can mend is told in one line, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except StackError as error:
            Console(stderr=True, soft_wrap=True).print(
                f"caregraph: {error}", style="red", markup=False, highlight=False
            )
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=_OneLineErrors,
    help="CareGraph's local stack and the tools of its operators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """CareGraph's local stack and the tools of its operators."""


for _module in pkgutil.iter_modules(commands.__path__):
    app.add_typer(import_module(f"{commands.__name__}.{_module.name}").app)
