"""python -m scheduler."""

import os
import signal
import sys
from types import FrameType


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once and in silence: nothing was begun yet."""
    del number, frame
    os._exit(130)


def _main() -> int:
    # Scenario: Ctrl-C within the first tenths of a second. No command has begun that could catch it, and Python
    # would print the trace of whatever module it was just loading.
    before = signal.signal(signal.SIGINT, _leave)
    from datetime import UTC, datetime  # noqa: PLC0415 - as above

    from scheduler.cli import main  # noqa: PLC0415 - as above

    signal.signal(signal.SIGINT, before)
    return main(sys.argv[1:], datetime.now(UTC))


if __name__ == "__main__":
    sys.exit(_main())
