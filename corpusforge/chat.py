"""Dialogues as tokens: control ids are inserted, content is encoded as text.

A conversation is `<|role|> content <|end|>` a message, and the end of a document after the last.
A model is trained on what the assistant says, the `<|end|>` that closes it included.
"""
