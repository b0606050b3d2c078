"""Secrets in texts: credentials and personal data, which are replaced when tokenizing."""
