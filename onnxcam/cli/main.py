"""The group of commands, and the boundary at which errors become one line and an exit code.

0    done
1    findings: a check's threshold was missed
2    usage, input or model error
3    internal error: a bug of onnxcam
130  interrupted with Ctrl-C
141  the reader of stdout went away
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, NoReturn

import click

from onnxcam.cli.narration import one_line
from onnxcam.cli.options import DEBUG, HELP_NAMES, debug_option, example
from onnxcam.errors import OnnxcamError

__all__ = ["COMMANDS", "ERROR", "INTERNAL_ERROR", "INTERRUPTED", "READER_GONE", "cli", "main"]

ERROR, INTERNAL_ERROR, INTERRUPTED, READER_GONE = 2, 3, 130, 141

COMMANDS = {
    "inspect": "inspect_model",
    "explain": "explain_images",
    "export": "export_model",
    "audit": "audit_dataset",
    "compare": "compare_models",
    "check": "check_policy",
    "methods": "list_methods",
    "targets": "list_targets",
    "rules": "list_rules",
    "demo": "run_demo",
}
"""Command -> the module of `onnxcam.cli` that holds it, in the order of the help; imported when it is needed."""


class Commands(click.Group):
    """The commands of `COMMANDS`, and one place for every error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"onnxcam.cli.{COMMANDS[cmd_name]}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what click would report in its own way is reported here."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt as error:
            _fail(INTERRUPTED, f"interrupted. {error}")
        except BrokenPipeError:
            _drop_stdout()
            raise click.exceptions.Exit(READER_GONE) from None
        return result

    def main(  # type: ignore[override]  # one signature, where click has two
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line and exit."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = ERROR
        except click.ClickException as error:
            code = _reported(ERROR, _usage(error))
        except click.exceptions.Abort:
            code = _reported(INTERRUPTED, "interrupted.")
        except OnnxcamError as error:
            code = _reported(ERROR, str(error))
        except MemoryError:
            code = _reported(ERROR, "out of memory. Lower --batch-size, or explain a later layer with --layer.")
        except Exception as error:  # noqa: BLE001 - the boundary: whatever is left is a bug, said in one line
            code = _reported(INTERNAL_ERROR, _bug(error))
        sys.exit(code)


def _fail(code: int, message: str) -> NoReturn:
    _reported(code, message)
    raise click.exceptions.Exit(code) from None


def _reported(code: int, message: str) -> int:
    """Say `message` in one line on stderr, after the traceback where one is asked for."""
    if os.environ.get(DEBUG) and sys.exc_info()[0] is not None:
        traceback.print_exc()
    click.echo(f"onnxcam: {one_line(message)}", err=True)
    return code


def _usage(error: click.ClickException) -> str:
    """What click says of a wrong command line, and where the right one is written."""
    said = error.format_message().strip()
    said = said if said.endswith((".", "?", ")")) else f"{said}."
    said = said[:1].lower() + said[1:]
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "onnxcam"
    return f"{said} '{where} --help' shows the usage."


def _bug(error: Exception) -> str:
    told = f"internal error: {type(error).__name__}: {error}".rstrip(". ")
    hint = "" if os.environ.get(DEBUG) else f", with what it prints with {DEBUG}=1 set"
    return f"{told}. This is a bug of onnxcam; report it{hint}."


def _drop_stdout() -> None:
    """Let the interpreter's last flush go nowhere: nobody reads stdout any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the process


def _print_version(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked or ctx.resilient_parsing:
        return
    from onnxcam.errors import ProviderError
    from onnxcam.runtime import import_onnxruntime

    for package in ("onnxcam", "onnx", "onnx-ir"):
        click.echo(f"{package} {version(package)}")
    try:
        runtime = import_onnxruntime()
    except ProviderError as error:
        click.echo(str(error))
    else:
        click.echo(f"onnxruntime {runtime.__version__} ({', '.join(runtime.get_available_providers())})")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": HELP_NAMES}, epilog=example("onnxcam demo"))
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of onnxcam, onnx, onnx-ir and ONNX Runtime, and its providers.",
)
@debug_option
def cli() -> None:
    """Grad-CAM for any exported .onnx file, on stock ONNX Runtime.

    Which part of a picture does the model that ships look at when it scores a class? No training framework is needed,
    no source code, no checkpoint: the file is enough.
    """


def main() -> NoReturn:
    """The entry point."""
    if not os.environ.get(DEBUG):
        warnings.simplefilter("ignore")
    cli.main(prog_name="onnxcam")
