"""The commands of `python -m scheduler`, one file for each kind; `scheduler.cli` reads what was typed and calls them.

A command takes what was typed and the present instant, prints its answer, and gives its exit code.
"""
