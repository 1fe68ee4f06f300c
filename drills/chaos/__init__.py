"""The crash campaign: the responder is killed at every crossing of its doors, and must end as if it had not been."""
