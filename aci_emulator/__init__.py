"""A local Azure Container Instances: what Azurite is to storage, for container groups.

A request comes in at the top; each line knows only lines below its own.

    __main__     the command line; `python -m aci_emulator --help`
    options      its options, each fault one sentence
    protocol     bytes that are no HTTP, connections that drop
    server       HTTP: a request finds its operation, meets its faults, is answered and written down
    gate         who may come in, and how often: tokens, and ARM's buckets
    control      the emulator's own requests: faults, journal, limits, the virtual clock
    endpoint     where containers get the tokens of their identities
    routes       which path and method is which operation on groups
    struck       what a request is told when a fault stands in its place
    lookups/     what clients ask around container groups: subscriptions, providers, usages ... (pure)
    held         what look-ups see of the groups

    provider     the resource provider: every operation on container groups
    quota        what a subscription may have in a region (pure)
    allowance    how many creates and deletes remain (pure)
    deployments  the present deployment of each group, and the operations that carry them out
    life         one deployment: mount, pull, start, restart by policy, end
    strikes      what the platform does to a deployment by itself
    platform     what deployments stand on: runtime, clock, volumes, identities, limits, faults, journal
    volumes      folders that containers are given to see; gitrepo clones one
    runtimes/    where containers run: docker, process

    keeper       sees to it that whatever changed is kept; store keeps it, kept writes it as JSON
    revival      what becomes of each group when an emulator starts anew (pure)

    group        one container group: what was asked for, what is shown of it
    states       the life of a container, and of a group of them (pure)
    order        what a runtime is asked to run for one container (pure)
    operations   what `Azure-AsyncOperation` names
    logs         what is kept of a container's output, and how it is read (pure)
    shown        what a response echoes, and what it keeps to itself (pure)
    spec/        the body of a PUT made trustworthy, or ARM's refusal (pure)
    tokens/      bearer tokens and managed identities (pure)
    buckets      ARM's token buckets (pure)
    faults       faults on demand: which, on what, how often (pure)
    journal      every request with its effect
    refusals     the refusals that ACI and ARM are known for (pure)
    runtime      what a runtime must do: Protocols
    limits       Azure's figures, each adjustable (pure)
    clock        the only reader of time, and the platform's delays
    arm          the shapes and headers of Azure Resource Manager (pure)

It imports nothing of the scheduler that lives beside it and is imported by nothing there: it speaks HTTP.
"""
