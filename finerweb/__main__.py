"""`finerweb`: the commands of finerweb/commands and the jobs of databricks.yml, each imported when it is typed."""

import sys
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from finerweb import graph, plugins, supported

COMMANDS = "finerweb.commands"


class Typer(typer.Typer):
    """Typer without completion, with Python's own tracebacks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich", **options)


class Commands(TyperGroup):
    """The commands and jobs by name; the list of them takes a fraction of a second, since none is imported for it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """First the commands, then the jobs in their order."""
        return [*plugins.names(COMMANDS), *graph.order(), *graph.beside()]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """A command's name and sentence, for the list; None where there is no such command."""
        if cmd_name in plugins.names(COMMANDS):
            return TyperCommand(cmd_name, help=plugins.sentence(COMMANDS, cmd_name, "main"))
        if cmd_name in graph.order():
            return TyperCommand(cmd_name, help=graph.describe(cmd_name), rich_help_panel="Jobs, in their order")
        if cmd_name in graph.beside():
            return TyperCommand(cmd_name, help=graph.describe(cmd_name), rich_help_panel="Jobs of their own")
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself, with its options."""
        name, *rest = args
        listed = self.get_command(ctx, name)
        if listed is None:
            cast(typer.Context, ctx).fail(f"No command {name}.{plugins.suggestion(name, self.list_commands(ctx))}")
        try:
            return name, _command(name, listed.help), rest
        except ModuleNotFoundError as error:
            failure = supported.missing(error.name)
            if failure is None:
                raise
            print(f"finerweb: {failure}", file=sys.stderr)
            raise SystemExit(1) from None


def _command(name: str, sentence: str | None) -> TyperCommand:
    if name in plugins.names(COMMANDS):
        main = plugins.load(COMMANDS, name).main
    else:
        from finerweb.commands import _jobs

        main = _jobs.command(name)
    single = Typer()
    single.command(name, help=sentence)(main)
    return cast(TyperCommand, typer.main.get_command(single))


app = Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def _describe() -> None:
    """Turn the multilingual web into named-entity-recognition data sets, on Spark and Delta."""


if __name__ == "__main__":
    app(prog_name="finerweb")
