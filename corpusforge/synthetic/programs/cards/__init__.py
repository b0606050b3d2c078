"""Program templates, one module per subject; `catalog.py` lists them all."""
