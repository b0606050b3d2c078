"""Licences: the evidence for a document's SPDX expression, and a policy's decision about it."""
