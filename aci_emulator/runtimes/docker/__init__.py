"""Containers on a container engine that speaks Docker's API.

runtime    the runtime: images, containers, its end
engine     the only file that knows aiodocker
calls      what is asked of an engine (Protocols: nothing there loads a client)
anchor     the idle container whose network all others join
container  one container, from its start to its removal
images     which image is meant, and its digest
order      what an engine is asked to run
owner      whose containers are whose, and which owners are gone
reference  the name of an image, read
"""
