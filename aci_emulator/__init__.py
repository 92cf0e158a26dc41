"""A local Azure Container Instances: what Azurite is to storage, for container groups.

    __main__   the command line; `python -m aci_emulator --help`
    server     HTTP: paths and methods -> provider, errors -> ARM's shape
    provider   the resource provider: every operation on container groups
    life       one deployment of a group: pull, start, restart by policy, end
    group      one container group: what was asked for, what is shown of it
    states     the life of a container, and of a group of them (pure)
    spec       the body of a PUT made trustworthy, or ARM's refusal (pure)
    shown      what a response echoes, and what it keeps to itself (pure)
    logs       what is kept of a container's output, and how it is read (pure)
    allowance  how many creates and deletes remain (pure)
    arm        the shapes, headers and refusals of Azure Resource Manager (pure)
    clock      the only reader of time, and the platform's delays
    runtime    what a runtime must do: Protocols
    process    the runtime whose containers are child processes
    images     the images file of the process runtime
    watcher    a child that ends the containers should the emulator be killed

It imports nothing of the scheduler that lives beside it and is imported by nothing there: it speaks HTTP.
"""
