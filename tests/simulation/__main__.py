"""Play seeds by hand: `python -m tests.simulation 166` or `0-999`, with `--whole` to leave failures unshrunk."""

import argparse
import sys

from tests.simulation.draw import draw
from tests.simulation.trial import shortest, told, try_seeds


def main() -> int:
    """Play them, print what they came to, and the short story of the first that failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", help="a seed, or a range of them such as 0-999")
    parser.add_argument("--whole", action="store_true", help="tell the failing story as it was drawn")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    tally = try_seeds(range(int(first), int(last or first) + 1))
    sys.stdout.write(f"{tally}\n")
    if not tally.failed:
        return 0
    seed, found = next(iter(tally.failed.items()))
    story = draw(seed)
    if not given.whole:
        story, found = shortest(story, found)
    sys.stdout.write(f"\n{len(tally.failed)} failed: {list(tally.failed)[:20]}\n\n{told(story, found)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
