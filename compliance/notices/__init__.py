"""Drafts of notices and filings, rendered from the facts, every missing one marked. Nothing here is ever sent."""

from compliance.notices.matter import Matter
from compliance.notices.render import Sheet, sheets

__all__ = ["Matter", "Sheet", "sheets"]
