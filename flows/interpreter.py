"""What a process asks of Python: a quick start, no pauses while it runs, and a quick end."""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import NoReturn

from flows.without import Without

# New objects before Python looks for garbage among them: many at once while a process starts, and
# Python's own numbers where orders wait meanwhile.
_STARTING = 20_000
_RUNNING = (700, 10, 10)


def start() -> None:
    """Begin a process without what takes its start for nothing; before all other imports.

    PyArrow and clickhouse-connect load pandas where it is installed, and chdb installs it. No
    command uses it; it takes each process 40 MB, and 0.3 s of its start. And with NumPy comes
    OpenBLAS, whose threads spin for a tenth of a second before they sleep; no command multiplies
    matrices. What a start makes stays, and to look through it for garbage again and again takes a
    seventh of it.
    """
    gc.set_threshold(_STARTING)
    Without("pandas").install()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def settle() -> None:
    """Begin the long part of a process: what was loaded until now stays.

    Without this, a collection of old objects walks through all of it, some 30 ms in which no
    order goes out.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RUNNING)


def end(code: int) -> NoReturn:
    """End the process with an exit code, at once.

    Whoever ran has closed its stores, files and links. To free what is in memory object by object,
    as Python does at its end, takes 0.1 to 0.3 s of whoever waits for a command or for a stop.

    Args:
        code: its exit code; 1 instead of 0 where the last of its output could not be written.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            # Not `flush`: a process may have been started without the one or the other.
            print(end="", file=stream, flush=True)
        except BrokenPipeError:
            continue  # the reader has seen enough
        except OSError:
            code = code or 1
    os._exit(code)
