"""What a tick costs beside other schedulers, measured side by side in one run: `python -m bench`.

contenders  who takes part, and at which sizes
venvs       a virtual environment for each peer, made once
servers     Azurite, the emulator of Container Instances, redis
heats       one contender, one size, once: a process of its own that answers with a `Sample`
figures     pure: medians with their spread, ratios
quick       pure: what became slower than the committed figures
crontable   our own contender, `peers/` the others: each a process that measures itself
starts      the same for a tick with many starts, with the time that Container Instances takes
shown, page, chart: the figures on the screen, in docs/performance.md, as a picture
"""
