"""What happened, as facts: each with its sentence for the log, its attributes, and what it adds to the metrics. Pure.

The steps tell facts and no sentences, so that the words of the log, and of what people are told, stand here and nowhere
else. docs/telemetry.md has the names of attributes and metrics: queries and alerts of people rest on them.

    fact       what every fact is, and what spans are told
    runs       a run starts, a run is over
    ticks      a tick was whole, or failed; a loop began; the sweep of the day is over
    jobs       what people are told of a job: it failed, it recovered, its data is old
    troubles   what could not be done, and nothing else can tell
    sending    telemetry or alerts do not arrive any more, or do again
    asking     what went wrong while somebody was answered
"""
