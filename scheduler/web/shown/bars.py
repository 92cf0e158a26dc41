"""A job's last runs as bars, one letter a run, so that a thousand jobs' fit into a page. Pure.

The letter's kind says how the run went, its place in the kind how long it took beside the longest of them;
`static/crontable.js` draws it. Whoever sees no bars gets the sentence.
"""

from collections.abc import Sequence

from scheduler.recent import Past
from scheduler.run import State

#: The letters of each end of a run, from the shortest to the longest.
LETTERS = {
    State.SUCCEEDED: "abcdefghijklmnop",
    State.FAILED: "ABCDEFGHIJKLMNOP",
    State.CANCELLED: "01234",
    State.LOST: "56789",
}


def code(pasts: Sequence[Past]) -> str:
    """Write the runs, the newest last."""
    longest = max((past.seconds for past in pasts), default=0.0)
    return "".join(_letter(past, longest) for past in pasts)


def _letter(past: Past, longest: float) -> str:
    letters = LETTERS.get(past.state, LETTERS[State.LOST])
    share = past.seconds / longest if longest > 0 else 0.0
    return letters[min(int(share * len(letters)), len(letters) - 1)]


def sentence(pasts: Sequence[Past]) -> str:
    """Say the same in words: how many succeeded, and how often the last ones did not."""
    if not pasts:
        return "no run yet"
    good = sum(past.state is State.SUCCEEDED for past in pasts)
    red = 0
    while red < len(pasts) and pasts[-1 - red].state is not State.SUCCEEDED:
        red += 1
    tail = "" if red in (0, len(pasts)) else ", not the last" if red == 1 else f", not the last {red}"
    return f"{good} of {len(pasts)} succeeded{tail}"


def count(pasts: Sequence[Past]) -> str:
    """Say in the shortest way how many of them succeeded; the page's head, or its script, adds the word."""
    return f"{sum(past.state is State.SUCCEEDED for past in pasts)} of {len(pasts)}" if pasts else "no run yet"
