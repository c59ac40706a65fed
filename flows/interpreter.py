"""What a process asks of Python: to start with what it needs, and to end when it is done."""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import NoReturn

from flows.without import Without

# New objects before Python looks for garbage among them, 700 by default.
_NEW_OBJECTS = 20_000


def start() -> None:
    """Begin a process without what takes its start for nothing; before all other imports.

    PyArrow and clickhouse-connect load pandas where it is installed, and chdb installs it. No
    command uses it; it takes each process 40 MB, and 0.3 s of its start. And with NumPy comes
    OpenBLAS, whose threads spin for a tenth of a second before they sleep; no command multiplies
    matrices. What a start makes stays, and to look through it for garbage again and again takes a
    seventh of it.
    """
    gc.set_threshold(_NEW_OBJECTS)
    Without("pandas").install()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


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
            stream.flush()
        except BrokenPipeError:
            continue  # the reader has seen enough
        except OSError:
            code = code or 1
    os._exit(code)
