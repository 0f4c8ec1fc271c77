"""The command ``supportpacket``: from its start to its exit code."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from typing import Any

from analyzer.errors import PacketError
from analyzer.text import printable


def __getattr__(name: str) -> Any:
    if name in {"app", "COMMANDS"}:
        from analyzer.cli import commands

        return getattr(commands, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    import typer

    from analyzer.cli.commands import app
    from analyzer.cli.common import USAGE

    try:
        result = app(args=arguments, standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except BrokenPipeError:
        # the reader of our output is gone: say nothing, and keep the interpreter from flushing again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        print("supportpacket: interrupted", file=sys.stderr)
        return 130
    except PacketError as error:
        print(f"supportpacket: {printable(str(error))}", file=sys.stderr)
        return USAGE
    except typer.Exit as stop:
        return int(stop.exit_code)
    except Exception as error:  # the last line of defence: one line, and no value that might be a secret
        return _explain(error)


def _explain(error: Exception) -> int:
    from analyzer.cli.common import USAGE

    show = getattr(error, "show", None)
    if callable(show):  # usage errors of the command line library know how to print themselves
        show()
        return int(getattr(error, "exit_code", USAGE))
    if isinstance(error, OSError) and error.strerror:
        name = f"{printable(str(error.filename))}: " if error.filename else ""
        print(f"supportpacket: {name}{error.strerror}", file=sys.stderr)
        return USAGE
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
    print(f"supportpacket: internal error: {type(error).__name__} at {place}; please report it", file=sys.stderr)
    return USAGE


def run() -> None:
    """Entry point for the console script."""
    _open_closed_streams()
    try:
        code = _scan() if sys.argv[1:2] == ["scan"] else main()
    except KeyboardInterrupt:  # while it was still importing
        print("supportpacket: interrupted", file=sys.stderr)
        code = 130
    gc.freeze()  # what is left is not worth a search for cycles
    sys.exit(code)


def _scan() -> int:
    """Run the command ``scan``, whose engine is loaded in another process while this one reads its arguments."""
    from analyzer import batch

    gc.disable()  # nothing that is imported is garbage
    batch.begin()
    try:
        return main()
    finally:
        batch.end()


def _open_closed_streams() -> None:
    """Let output to a stream that the caller has closed (``>&-``) go nowhere, instead of into the next opened file."""
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


if __name__ == "__main__":
    run()
