"""Crontable: a crontab in Azure Table Storage that runs containers on Azure Container Instances.

One pass, every minute, stateless (`tick.py`):

    look     which rows are due, running, or edited since the last tick
    finish   ask ACI about each active run; keep the evidence; close the run; settle the row
    plan     pure: (job, what its row says, now) -> Start | Skip | Wait | Cancel, each with its reason
    start    claim the due time in the job row, register the run, create the container group
    report   write next run, status and reason back into the row that people edit

The floors, lowest first; a file imports only from floors below its own:

    row wall settings view watermark     instants, cells and settings, and what ACI says
    cron cell run                        one text, one cell, one run
    schedule standing spec-less nouns    see tests/test_house.py, which holds the whole list and refuses the rest

Pure are all files but `ports`, `settings`, `wiring`, `cli`, `tick` and the folders: time is an argument.
"""
