"""The pytest process of a phase: pytest itself, and a thread that ends it when the run that started it dies.

The run holds the other end of this process's stdin and never writes to it: the end of the stream means that the run is gone,
however it was killed. So no kill leaves a pytest behind that goes on writing to a stand.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def _end_with_parent() -> None:
    # The raw descriptor: closing the buffered sys.stdin while a thread reads it would block the interpreter's shutdown.
    while os.read(0, 1024):
        pass
    os._exit(130)


def _interruptible() -> None:
    """Our run asks by a signal to end in good order: one that was started in the background inherits a deaf ear for it.

    On Windows the only signal for another process group is Ctrl-Break, which would kill Python on the spot.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, signal.default_int_handler)


def main() -> int:
    """Runs pytest with the arguments of the command line."""
    _interruptible()
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    import pytest

    return int(pytest.main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
