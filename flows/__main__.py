"""The command line: `tradecast VERB`, or `python -m flows VERB`."""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from typing_extensions import override

from flows import commands, interpreter
from flows.commands.registry import MODULES
from flows.errors import Exit, complain, explain

if TYPE_CHECKING:
    from collections.abc import Sequence

DESCRIPTION = """\
Tradecast distributes trading signals to many MetaTrader 5 accounts, once each,
and keeps the books in DuckDB and ClickHouse.
"""

EPILOG = """\
first steps:
  tradecast demo                     see it work, on simulated terminals, in a minute
  tradecast up                       start the system in ~/.tradecast
  tradecast apply world.toml         tell it your brokers, accounts and strategies
  tradecast send alerts.ndjson       send it signals
  tradecast status                   see how it is doing
  tradecast sql "select * from trade_signal limit 10"

exit codes:
  0 done   1 found problems   2 wrong arguments or input   69 not running
  70 internal error   73 cannot write   75 busy, try again   78 wrong settings or home
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    @override
    def error(self, message: str) -> NoReturn:
        """End with exit code 2 and one line that says what was wrong, and where to look."""
        complain(f"{_plainer(message)}; see `{self.prog} --help`")
        sys.exit(Exit.USAGE)


def build_parser() -> Parser:
    """The whole command line; loads nothing that a verb needs only when it runs."""
    parser = Parser(
        prog="tradecast",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="show the version and end")
    commands.add_where(parser, default=None)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)
    for module in MODULES:
        verb = module.NAME
        sub = verbs.add_parser(
            verb,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=module.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        commands.add_where(sub)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def entry_point() -> NoReturn:
    """Run the command that this process was started for, and end the process."""
    interpreter.start()
    interpreter.end(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        The exit code; see `Exit`.
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    # What libraries log is not for the terminal: errors come as one line of ours.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        code = _run(parser, args)
        print(end="", flush=True)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:  # noqa: BLE001 - the outermost frame: every error is one line
        return _report(error, args.home)
    return code


def _run(parser: Parser, args: argparse.Namespace) -> int:
    if args.version:
        from importlib.metadata import version  # noqa: PLC0415 - takes some milliseconds

        print(f"tradecast {version('tradecast')}")
        return Exit.OK
    if args.verb is None:
        parser.print_help()
        return Exit.USAGE
    return int(args.run(args))


def _report(error: Exception, home: Path | None) -> int:
    line, code, foreseen = explain(error)
    if not foreseen:
        line = f"{line} (traceback in {_write_traceback(error, home)})"
    complain(line)
    return code


def _write_traceback(error: Exception, home: Path | None) -> str:
    import tempfile  # noqa: PLC0415 - needed only when something is wrong

    words = "".join(traceback.format_exception(error))
    logs = commands.home_path(home) / "log"
    if logs.is_dir() and os.access(logs, os.W_OK):
        file = logs / "command.log"
        with file.open("a", encoding="utf-8") as known:
            known.write(words)
        return str(file)
    with tempfile.NamedTemporaryFile(
        "w", prefix="tradecast-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(words)
    return log.name


def _plainer(message: str) -> str:
    """Turn argparse's list of all verbs into the one that was probably meant."""
    head, sep, rest = message.partition("invalid choice: ")
    if not sep:
        return message
    word = rest.split(" (choose from")[0].strip("'\"")
    known = [module.NAME for module in MODULES]
    if "VERB" not in head:
        return message
    near = difflib.get_close_matches(word, known, 1)
    hint = f"did you mean `{near[0]}`?" if near else f"it is one of {', '.join(known)}"
    return f"there is no command `{word}`: {hint}"


if __name__ == "__main__":
    entry_point()
