"""`make run`: storage, container groups and the function app on this machine, until Ctrl-C.

The map, from the door inwards:

    python.sh venv.sh node.sh   what make needs before there is a Python to ask
    __main__.py   command.py    the command: options, signals, exit codes
    options.py                  what may be chosen on the command line
    needs.py                    what this machine must have; each lack is one sentence
    values.py                   the function app's settings, as its host would gather them
    children.py   leash.py      processes that never outlive us
    stack.py                    what is started, in which order
    seed.py                     the example jobs, and the container group that infra/ would provision
    tables.py     view.py       the jobs, read and told line by line as a person wants to see them
    screen.py                   the same as live tables, laid out for a terminal's size
    host.py   timer.py          a small Functions host, for machines without `func`
    worker.py                   the host's side of its conversation with the Python worker
"""
