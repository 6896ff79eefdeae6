"""A client that nobody here wrote: authlib fetches, checks, uses, introspects and revokes a token of `runaway mock`.

Reads the line that `runaway mock --format json` prints first, from standard input. Any surprise is an exception.
"""

import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

world = json.loads(sys.stdin.readline())
idp, books = world["services"]["idp"], world["services"]["books"]
secret = world["credential"]["secret"]

metadata = requests.get(f"{idp}/.well-known/oauth-authorization-server", timeout=5).json()
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=5).json())
times = jwt.JWTClaimsRegistry(exp={"essential": True}, iat={"essential": True})

for method in metadata["token_endpoint_auth_methods_supported"]:
    session = OAuth2Session("reporting-client", secret, token_endpoint_auth_method=method)
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert token["token_type"] == "Bearer" and token["expires_in"] == 600, token

    claims = jwt.decode(token["access_token"], keys, algorithms=["EdDSA"]).claims
    times.validate(claims)
    assert claims["iss"] == metadata["issuer"] and claims["sub"] == "reporting", claims
    assert claims["exp"] - claims["iat"] == 600, claims

    page = session.get(f"{books}/invoices").json()
    assert len(page["records"]) == 12 and page["records"][0]["id"] == "invoices-1", page

    access = token["access_token"]
    answer = session.introspect_token(metadata["introspection_endpoint"], token=access)
    assert answer.json() == {"active": True}, answer.text
    assert session.revoke_token(metadata["revocation_endpoint"], token=access).status_code == 200
    answer = session.introspect_token(metadata["introspection_endpoint"], token=access)
    assert answer.json() == {"active": False}, answer.text
    refused = session.get(f"{books}/invoices")
    assert refused.status_code == 401 and "invalid_token" in refused.headers["www-authenticate"], refused.headers

    header, payload, signature = access.split(".")
    forged = ".".join([header, payload, "A" * len(signature)])
    assert requests.get(f"{books}/invoices", headers={"authorization": f"Bearer {forged}"}, timeout=5).status_code == 401

print("ok")
