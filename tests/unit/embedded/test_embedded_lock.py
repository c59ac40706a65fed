"""Who holds a directory, and that a look keeps nobody out."""

import fcntl
import os
from pathlib import Path

import pytest

from embedded.errors import Busy
from embedded.lock import LOCK_NAME, DirectoryLock, holder


def test_the_holder_is_named_while_it_holds(tmp_path: Path) -> None:
    assert holder(tmp_path) is None, "nobody has ever held it"
    with DirectoryLock(tmp_path):
        assert holder(tmp_path) == os.getpid()
        assert holder(tmp_path) == os.getpid(), "to look lets nobody in"
    assert (tmp_path / LOCK_NAME).read_text() == f"{os.getpid()}\n"
    assert holder(tmp_path) is None, "only its name is left"


def test_who_holds_without_a_name_is_nobody_known(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    with lock:
        os.ftruncate(lock.fileno(), 0)
        assert holder(tmp_path) is None


def test_who_only_looks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    DirectoryLock(tmp_path).path.joinpath(LOCK_NAME).touch()
    fd = os.open(tmp_path / LOCK_NAME, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    with monkeypatch.context() as waiting:
        waiting.setattr("embedded.lock.time.sleep", lambda _: os.close(fd))  # it has looked
        lock = DirectoryLock(tmp_path)
        lock.acquire()
    with pytest.raises(Busy):
        DirectoryLock(tmp_path).acquire()
    lock.release()
