"""Documents that the demo patient uploads, as people do: announced through the router, then sent."""

from typing import Any

import httpx

from stack.demo.calendar import Reception, until_known

_ME = "query DemoMe { patients { nodes { id } } }"
_UPLOAD = """
mutation DemoDocument($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { __typename ... on UploadDocumentSuccess { document { uploadUrl } } }
}
"""
_DOCUMENTS = (
    (
        {"title": "Blood pressure at home", "fileName": "blood-pressure.txt"},
        "Mon 128/82\nTue 131/84\nWed 126/80\nThu 135/86 (after the stairs)\nFri 127/81\n",
    ),
    (
        {"title": "Questions for my next visit", "fileName": "questions.txt"},
        "1. May I take the tablets in the evening?\n2. Do I need another vaccination before I travel?\n",
    ),
)


async def upload(url: str, email: str, password: str) -> None:
    """Let the patient who logs in by an email address have documents; what was sent before is not sent again."""
    async with httpx.AsyncClient(timeout=30) as http:
        patient = await Reception.logged_in(http, url, email, password)
        (me,) = (await patient.ask(_ME))["patients"]["nodes"]
        for number, (said, content) in enumerate(_DOCUMENTS):
            given: dict[str, Any] = {"patientId": me["id"], "contentType": "TEXT", "idempotencyKey": f"demo-{number}"}
            made = await until_known(patient, _UPLOAD, given | said)
            if address := made["document"]["uploadUrl"]:
                (await http.put(address, content=content, headers={"authorization": ""})).raise_for_status()
