"""Linters by others, each behind one function that gives a `Result`: `python -m infra.check.all` runs them.

place       a virtual environment and a node_modules of their own, under .local, made once
checkov     security policies on infra/
hadolint    Dockerfiles
workflows   GitHub's workflows: actionlint for what is wrong, zizmor for what is unsafe
compiler    Bicep's own, where `az bicep` is there
"""
