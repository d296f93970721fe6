"""Signs schemathesis in: once with the one-time password, then as the administrator of an organisation of its own.

Never used against a cloud that somebody uses.
"""

import os
import secrets
import uuid

import requests
import schemathesis

API = os.environ["OSTONA_URL"] + "/api/v1"


def post(path, body, headers=None):
    answer = requests.post(API + path, json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def bearer(tokens):
    return {"authorization": "Bearer " + tokens["access_token"]}


def found_organisation():
    """Chooses a password for `admin` and makes an organisation with a site: what the attacks play with."""
    password = secrets.token_urlsafe(24)
    one_time = os.environ["OSTONA_ONE_TIME_PASSWORD"]
    tokens = post("/auth/login", {"login": "admin", "password": one_time})
    post("/auth/password", {"current": one_time, "new": password}, bearer(tokens))
    org = post("/orgs", {"name": "Attacked"}, bearer(tokens))["id"]
    post("/sites", {"name": "Attacked site"}, bearer(tokens) | {"ostona-org": org})
    return org, tokens


ORG, TOKENS = found_organisation()


@schemathesis.auth(refresh_interval=600)
class SignedIn:
    def get(self, case, context):
        global TOKENS
        TOKENS = post("/auth/refresh", {"refresh_token": TOKENS["refresh_token"]})
        return TOKENS["access_token"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = "Bearer " + data
        case.headers["Ostona-Org"] = ORG
        # A made-up organisation would only ever be "not found"; one that is no UUID is left for the API to refuse.
        if is_uuid((case.query or {}).get("org")):
            case.query["org"] = ORG


def is_uuid(value):
    try:
        return bool(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        return False
