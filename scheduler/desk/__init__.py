"""The desk: what people read of jobs and runs, and what they do to them; the same for API, pages and command line.

    jobs, runs     a line for each job, and for each of a job's runs
    logs, spec     a part of a run's log, and the container group that was asked for; no secret in either
    timeline       a day: what ran, what is planned, and how many groups that makes
    health         how the scheduler itself is
    history        how a job's runs went day by day, and whether it gets slower
    ledgers        how far the data of a job has come, and by which run
    names          how runs and jobs are named in addresses and on the command line
    faults         why something cannot be shown or done: each owns its sentence
    harmless       what was typed or printed, as it may be shown

Everything here is read at a person's asking: no tick waits for it, and a tick needs none of it.
"""
