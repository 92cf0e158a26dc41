"""Two jobs for Crontable, and a check of what they did.

    extract     loads the days of a weather table that are newer than its watermark into a file store
    summarise   keeps one summary per month of what is in the store
    verify      holds the store against the source, and the summaries against the store

Each runs once and ends. Each may be killed at any instruction and started again: files are written whole or
not at all, under a name that their content decides, and the watermark is printed after the last of them.
"""
