"""`python -m infra.deploy`: from a resource group's name to a running schedule. `make deploy` calls it.

One deployment, in the order in which it happens:

    check    everything that can be found out before a thing is changed; all that is in the way is told at once
    groups   create the two resource groups that are missing
    names    let ARM work out every name, and see that each is free or ours
    create   `az deployment group create`
    publish  `func azure functionapp publish`, with patience: a role takes minutes to be known everywhere
    health   wait for the first whole tick

It drives `az` and `func` as a person would, and shows each command that changes something. Every step may be taken
again: what is there stays, what is missing is made. Nothing here imports Azure's
SDKs; of the scheduler only what reads settings and schedules.

    finding    what a check has to say: a fault with its mend, or a note
    asked      the command line
    stop       Ctrl-C, which ends the children and says what goes on in Azure
    programs   az and func as children
    azure      az: questions, answers, refusals
    refusal    what ARM says when it refuses, read
    mends      what to do about each refusal
    plan       what will be deployed where: the answers that the checks agree on
    checks/    one concern a file
    groups, create, publish, health, after   the steps
    screen     what the person sees
"""
