"""Crontable: a crontab in Azure Table Storage that runs containers on Azure Container Instances.

One pass, every minute, stateless (`tick.py`):

    look     which rows are due, running, or edited since the last tick
    finish   ask ACI about each active run; keep the evidence; close the run; settle the row
    plan     pure: (job, what its row says, now) -> Start | Skip | Wait | Cancel, each with its reason
    start    claim the due time in the job row, register the run, create the container group
    report   write next run, status and reason back into the row that people edit

The floors, highest first; a file imports only from floors below its own, and tests/test_house.py refuses the rest:

    __main__
    function_app   cli
    commands/      what `python -m scheduler` does, a file each
    wiring
    tick
    steps/         the verbs of a pass, one file each          cloud/  the only importer of Azure's SDKs    web/
    ports          what a tick asks of the outside
    plan           what to do
    edit           what a row says after an edit; difference  what a file of jobs would change
    spec   template   window   overlap   crontab
    job            a row made trustworthy; columns/  one file for each kind of cell
    settle   stale   alert   baseline   decision
    chain   request   backfill   archive
    facts          what a tick tells of itself; telemetry: who takes it
    schedule   outcome   standing
    entry   retry   verdict   history   spacing   transcript
    run   vault   revision   kept
    cron   cell   identity   view   pace   price
    row   wall   watermark   mask   settings

Everything below ports is pure but for settings, the one reader of the environment: time is an argument.
"""
