"""The after-action report of a tabletop exercise, in the form that is asked for."""

from collections.abc import Mapping
from typing import Any

import azure.functions as func

from console.answers import document, json_of
from console.problems import BadRequest
from desk.aftermath import page, sheet

FORMS = ("json", "markdown", "html")


def reported(found: Mapping[str, Any], form: str) -> func.HttpResponse:
    """200: the report. BadRequest (400) for a form that is not known."""
    if form not in FORMS:
        raise BadRequest(f"`form` is one of {', '.join(FORMS)}", status=400)
    if form == "json":
        return json_of(found)
    if form == "html":
        return document(sheet(page(found)), "text/html")
    return document("\n".join(page(found)) + "\n", "text/markdown")
