"""The simulation: the real `tick` through days of virtual time, with everything going wrong; and its judge.

    assumptions   what may happen, and what not
    draw          a seed -> a story: jobs, features, mishaps, people          (data; nothing has happened yet)
    story         what a story is, and how it is told
    stage         a story -> a history: the tick, the world, and all that happens to them
      timeline      virtual time, in which ticks interleave at any call
      timer         when the next tick is
      wire          between a process and the world: every call may be its last, or be lost
      aci           what containers do, and what is written down of them
    history       what is left: plain facts                                   (data; the checker reads this alone)
    checker/      a history -> what was promised and not kept, what was judged, and what could not be
    shrink        a story that fails -> a short one that still fails
    trial         all of it for one seed, or for many

`python -m tests.simulation 166` plays a seed again; `0-999` plays many. A history can also be written by hand
(`by_hand`), which is how the checker is tested; the lies in `lies` are what it must not believe.
"""
