"""The other schedulers: each file a process that runs in the virtual environment of the requirements beside it.

All do the same work. N jobs are registered, each once a day or once a year; D of them fall due at one instant, and what
they do is nothing. Each in the settings that are known as its best.
"""
