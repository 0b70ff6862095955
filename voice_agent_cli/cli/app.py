"""The names of the commands and one line of help each; a command is imported when it is called.

``cli/<name>.py`` holds the command ``<name>``: either ``app``, a ``typer.Typer``,
or a function ``command``. A name below without its file is not offered.
"""

import gc
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from voice_agent_cli import __version__
from voice_agent_cli.errors import VoiceAgentError

COMMANDS = {
    "talk": "Shop by voice: microphone and speaker, or WAV files in their place.",
    "demo": "Watch a recorded shopper find, compare, add, change and check out.",
    "tui": "The dashboard: conversation, products, cart, tool calls, latency.",
    "serve": "Serve the REST and WebSocket API.",
    "tool": "Run one of the agent's tools, or list them.",
    "understand": "Show the tool calls the agent would make for a text.",
    "transcribe": "Show what the recognizer hears in audio files.",
    "say": "Speak a text with the agent's voice.",
    "catalog": "Bring products in and out, list and show them.",
    "models": "List, pull, verify and remove model files.",
    "sessions": "List, show, export and delete what was said.",
    "keys": "Create, list and revoke API keys.",
    "backup": "Copy every database whole, even while the server runs.",
    "devices": "List microphones and speakers, and test their level.",
    "doctor": "Check everything that can be wrong on this machine.",
    "bench": "Measure latency per stage, capacity and memory.",
    "eval": "Measure understanding, recognition and whole shopping trips.",
    "config": "Show where each setting came from; write a commented file.",
}

# Imports make many objects and hardly any garbage: looking through them costs 0.1 s of a start.
_FEW_COLLECTIONS = 200_000


class LazyCommands(typer.core.TyperGroup):
    """Lists every command without importing any; imports the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        present = {path.stem for path in Path(__file__).parent.iterdir()}
        for name, line in COMMANDS.items():
            if name in present:
                self.add_command(typer.core.TyperCommand(name, help=line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _imported(name) if name and command else command, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort, EOFError, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            else:
                typer.secho(_one_line(error), err=True, fg=typer.colors.RED)
            raise typer.Exit(getattr(error, "exit_code", 1)) from error


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    rich_markup_mode=None,  # the rich help page alone costs 0.1 s of start-up
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="Example: voice-agent demo",
)


def main() -> None:
    """Run the command line; ends the process with 0, 1, 2, or 130 after Ctrl-C."""
    gc.set_threshold(_FEW_COLLECTIONS)
    try:
        app(prog_name="voice-agent")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        _close_stdout()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voice-agent {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")] = False,
) -> None:
    """Shop by voice, with everything running on this machine."""


def _imported(name: str) -> Any:
    module = import_module(f"voice_agent_cli.cli.{name}")
    command_app = getattr(module, "app", None)
    if command_app is None:
        command_app = typer.Typer(add_completion=False)
        command_app.command(name)(module.command)
    command = typer.main.get_command(command_app)
    command.context_settings.setdefault("help_option_names", ["--help", "-h"])
    return command


def _one_line(error: Exception) -> str:
    if isinstance(error, VoiceAgentError):
        return f"voice-agent: {error.message}"
    return (
        f"voice-agent: unexpected {type(error).__name__}: {' '.join(str(error).split())}; "
        "repeat it as `voice-agent --debug …` to see where"
    )


def _close_stdout() -> None:
    """Keep the interpreter from complaining at exit that the reader of a pipe has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
