"""Histories spoiled in one place: each a small lie or a small mistake that the checker must name.

Together they hold that no rule of the checker is one that never says no.
"""

from tests.simulation.lies import ends, runs, time

LIES = (*time.LIES, *runs.LIES, *ends.LIES)
