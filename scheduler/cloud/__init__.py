"""The only importer of the Azure SDKs: tables, container groups and logs as `ports` promises them.

Here the SDKs load at import, so whoever must start quickly imports this folder inside a function.
"""
