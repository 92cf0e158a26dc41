"""`python -m local`: everything on this machine until Ctrl-C. `make run` calls it."""

import signal
import sys

# Until the command has its own answer to Ctrl-C there is nothing to stop, and a traceback out of
# some half-made import would only frighten.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from local.command import main  # noqa: E402  it comes after the line above on purpose

if __name__ == "__main__":
    sys.exit(main())
