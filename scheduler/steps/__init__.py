"""The steps of a pass, one file each; `tick.py` puts them in order."""
