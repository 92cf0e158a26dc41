"""python -m scheduler."""

import sys
from datetime import UTC, datetime

from scheduler.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(UTC)))
