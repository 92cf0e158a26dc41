"""What people are told, once each: changes, never states. Pure.

    address   where it goes: what may be a webhook, who listens there, and how it is shown, for it is a secret
    news      one thing to tell, and the key by which it is told once
    alarms    what stands wrong with a job and since when; what begins and what ends is news
    letter    news on its way: a row of Jobs until a webhook has taken it
    body      what is sent: for Teams, for Slack, or plain JSON

`steps/work.py` finds the news with each write of a job row, and puts it into the table before that write;
`steps/send.py` sends it when the tick is over.
"""
