"""The rules, one file each; `registry.py` lists them."""
