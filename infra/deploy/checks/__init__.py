"""All that can be found out before anything is changed. Nothing here writes.

A check yields what it has to say, and leaves the rest to the others: who is told of one lack should hear of all.
What needs another's answer comes later: first the tools, then the login and the template, then the places, then all
that depends on these, at once.
"""
