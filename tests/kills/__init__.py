"""Ticks as real processes between a real Azurite and a real emulator, and a proxy in between that kills them.

nursery     a program that has imported the scheduler once, and forks a process for each tick
processes   starts ticks: forked by the nursery, or as `python -m scheduler tick`
proxy       a door to the servers for one tick, at which requests are named and held, and the tick is killed
names       what a request is called, the same in every play
turns       several ticks at once: whose request goes on next
containers  a resource group of one's own on the emulator, what ran there, and when it rests
place       a resource group, tables and settings of one's own, and the ticks that run there
story       jobs, when ticks come, what people do, and how every run must end
holds       what must be true at the end, whatever was killed
stage       plays stories: whole, killed at each request of a tick, or with several ticks at once
"""
