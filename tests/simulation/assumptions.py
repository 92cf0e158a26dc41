"""What a story may hold and what not: the assumptions of the design, each a number here and nowhere else.

Everything else goes: a tick may come late, never, twice, or in the middle of another; die before or after any
call; hear nothing of a call that was done, or of one that was not; people may edit, rewind, delete, restore
and write old copies back at any instant. What is assumed:

1. ARM applies a PUT within `PUT_LANDS` of its sending or never.
2. Clocks (of processes, of the tables, of ACI) differ by less than a minute: `SKEW`.
3. No process is held up for longer than `HELD_UP` between its last look at the clock and its sending.
4. A table's write is done or not done; what is acknowledged stays. A transaction is done whole or not at all.
5. A group that vanishes had been seen, and a tick had said so in its job's row: before that, one that vanished and
   one that never was look the same.
6. Nobody else makes, starts, stops or deletes the groups that bear our tags.
"""

from datetime import timedelta

#: The longest that a PUT may be under way, in seconds.
PUT_LANDS = 295
#: How far two clocks may be from each other, in seconds.
SKEW = 55
#: The longest that a call may be held up before it is sent, in seconds.
HELD_UP = 240
#: A story that breaks the first of them.
AN_HOUR = timedelta(hours=1)
