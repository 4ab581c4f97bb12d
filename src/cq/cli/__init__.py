"""The command line: flags in, one call to :mod:`cq.app`, one exit code out.

Words (help, errors) stand in ``locales/``. Nothing heavy is imported here: help, a wrong option and
a file that is no export load no pandas, no pyarrow and no jieba.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import typer
from typer.exceptions import TyperException

from cq import locales
from cq.cli._commands import cli
from cq.cli._flags import ReaderGone
from cq.cli._run import DEFAULT_LANGUAGE
from cq.errors import CqError
from cq.streams import unwritable

__all__ = ["command", "main", "run"]


def _typed_language(arguments: list[str]) -> str:
    """The language for help and errors, before anything is parsed."""
    wanted = os.environ.get("CQ_LANG", DEFAULT_LANGUAGE)
    for i, argument in enumerate(arguments):
        if argument == "--lang" and i + 1 < len(arguments):
            wanted = arguments[i + 1]
        elif argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
    return wanted if wanted in locales.LANGUAGES else DEFAULT_LANGUAGE


def command(lang: str) -> Any:
    """The command tree with its help in one language."""
    words = locales.load(lang)["cli"]
    top = typer.main.get_command(cli)
    top.help = words["help"]
    for name, sub in {"": top, **getattr(top, "commands", {})}.items():
        if name:
            sub.help = words["commands"][name]["help"]
            sub.short_help = words["commands"][name]["short"]
        for parameter in sub.params:
            own = words["commands"].get(name, {}).get(parameter.name)
            said = own or words["options"].get(parameter.name)
            if said:
                parameter.help = said
    return top


def run(arguments: list[str]) -> int:
    """One command; its exit code."""
    lang = _typed_language(arguments)
    try:
        code = command(lang).main(args=_joined(arguments), prog_name="cq", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CqError as error:
        _complain(lang, *error.lines(lang))
        return error.exit_code
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except (ReaderGone, BrokenPipeError):
        # The reader has gone; what Python would flush at exit must have somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except TyperException as error:
        return _usage(lang, error)
    except MemoryError:
        _complain(lang, *CqError("out_of_memory").lines(lang))
        return 1
    except Exception as error:
        if os.environ.get("CQ_DEBUG"):
            raise
        if isinstance(error, OSError):
            _complain(lang, *unwritable(error.filename or "-", error).lines(lang))
        else:
            _complain(lang, *CqError("internal", kind=type(error).__name__, detail=error).lines(lang))
        return 1


def _joined(arguments: list[str]) -> list[str]:
    """``ads label`` is one command of two words; a file of that name is ``./label``."""
    return ["ads label", *arguments[2:]] if arguments[:2] == ["ads", "label"] else arguments


def _usage(lang: str, error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "cq"
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        sys.stderr.write(context.get_help() + "\n")
        return 2
    message = _said(lang, error)
    _complain(lang, *CqError("usage", message=message, command=where).lines(lang))
    return 2


def _said(lang: str, error: TyperException) -> str:
    """What is wrong with the call, in the user's language where the kind of mistake is known."""
    words = locales.load(lang)["cli"]["says"]["usage"]
    parameter = getattr(error, "param", None)
    values = {
        "option": getattr(error, "option_name", None),
        "parameter": _shown(parameter) if parameter is not None else None,
        "near": ", ".join(getattr(error, "possibilities", None) or ()),
    }
    kind = type(error).__name__
    command = re.match(r"No such command '(.*)'", str(error), re.DOTALL)
    if command:
        kind, values["option"] = "NoSuchCommand", command[1]
    template = words.get(kind)
    if template is None or any(f"{{{k}}}" in template and not v for k, v in values.items() if k != "near"):
        return error.format_message()
    near = locales.fill(words["near"], values) if values["near"] else ""
    return locales.fill(template, values) + near


def _shown(parameter: Any) -> str:
    """A parameter as it stands in the help."""
    argument = parameter.param_type_name == "argument"
    return str((parameter.metavar or parameter.name) if argument else max(parameter.opts, key=len))


def _complain(lang: str, what: str, hint: str) -> None:
    labels = locales.load(lang)["cli"]["says"]
    sys.stderr.write(f"{labels['error']}{what}\n{labels['hint']}{hint}\n")


def main() -> None:
    """The console entry point."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a GBK console cannot show every name
    sys.exit(run(sys.argv[1:]))
