"""Pipelines: generated functions that make one pass over their elements.

`pipeline.py` draws the parts and writes the function in two forms, an expression and a loop:

1. an origin: where the elements come from (`origins.py`);
2. up to two predicates: which elements are kept (`integers.py`, `words.py`, `characters.py`);
3. perhaps a transform: what each element becomes (same files);
4. a result: what the values are collected in or reduced to (`collectors.py`, `reductions.py`).

`stream.py` holds the first three together and says them in code and in English.
"""
