"""Licences: what a declaration means as an SPDX expression, and what a policy says to it."""
