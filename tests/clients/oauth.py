"""A client that nobody here wrote: authlib fetches, checks, uses, introspects and revokes tokens of `runaway mock`, renews
them, and exchanges those of somebody else.

Reads the line that `runaway mock --format json` prints first, from standard input. Any surprise is an exception.
"""

import json
import sys

import requests
from authlib.integrations.base_client import OAuthError
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

endpoint = metadata["token_endpoint"]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


def client(secret=secret):
    return OAuth2Session("reporting-client", secret, token_endpoint_auth_method="client_secret_basic")


def invoices(token):
    return requests.get(f"{books}/invoices", headers={"authorization": f"Bearer {token}"}, timeout=5).status_code


def active(token):
    return client().introspect_token(metadata["introspection_endpoint"], token=token).json()["active"]


def refused(error, ask):
    try:
        token = ask()
    except OAuthError as refusal:
        assert refusal.error == error, refusal
    else:
        raise AssertionError(f"{error} was expected, and there is a token of {sorted(token)}")


# A wrong secret: RFC 6749 section 5.2.
refused("invalid_client", lambda: client("rwc_" + "0" * 40).fetch_token(endpoint, grant_type="client_credentials"))

# Refresh tokens rotate, and one that is seen again ends its line: RFC 9700 section 4.14.2.
first = client().fetch_token(endpoint, grant_type="authorization_code", code="-")
second = client().refresh_token(endpoint, refresh_token=first["refresh_token"])
assert second["refresh_token"] != first["refresh_token"] and invoices(second["access_token"]) == 200
assert active(second["refresh_token"]) and not active(first["refresh_token"])
refused("invalid_grant", lambda: client().refresh_token(endpoint, refresh_token=first["refresh_token"]))
refused("invalid_grant", lambda: client().refresh_token(endpoint, refresh_token=second["refresh_token"]))
assert invoices(second["access_token"]) == 401 and not active(second["access_token"])

# A refresh token that is revoked takes along what came of it: RFC 7009 section 2.1. An access token takes along nothing.
first = client().fetch_token(endpoint, grant_type="authorization_code", code="-")
second = client().refresh_token(endpoint, refresh_token=first["refresh_token"])
third = client().refresh_token(endpoint, refresh_token=second["refresh_token"])
client().revoke_token(metadata["revocation_endpoint"], token=third["access_token"], token_type_hint="access_token")
assert invoices(third["access_token"]) == 401 and invoices(second["access_token"]) == 200
fourth = client().refresh_token(endpoint, refresh_token=third["refresh_token"])
assert invoices(fourth["access_token"]) == 200
client().revoke_token(metadata["revocation_endpoint"], token=fourth["refresh_token"], token_type_hint="refresh_token")
refused("invalid_grant", lambda: client().refresh_token(endpoint, refresh_token=fourth["refresh_token"]))
for token in [second, fourth]:
    assert invoices(token["access_token"]) == 401 and not active(token["access_token"]), token

# Delegation names the actor and gives what both may; impersonation names nobody: RFC 8693 sections 1.1 and 4.1.
session = client()
session.fetch_token(endpoint, grant_type="client_credentials")
subject = session.get(f"{books}/inbox").json()["records"][0]["secret"]
about = {"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS_TOKEN}
refused("invalid_request", lambda: client().fetch_token(endpoint, **{**about, "subject_token": "made-up"}))
acting = client().fetch_token(endpoint, **about)
posing = client().fetch_token(f"{idp}/oauth/impersonate", **about)
assert acting["issued_token_type"] == posing["issued_token_type"] == ACCESS_TOKEN, acting


def said(token):
    return jwt.decode(token["access_token"], keys, algorithms=["EdDSA"]).claims


def drop(token, n):
    headers = {"authorization": f"Bearer {token['access_token']}"}
    return requests.delete(f"{books}/invoices/invoices-{n}", headers=headers, timeout=5).status_code


assert said(acting)["sub"] == "person" and said(acting)["act"] == {"sub": "reporting"}, said(acting)
assert said(posing)["sub"] == "person" and "act" not in said(posing), said(posing)
assert said(acting)["scope"] == "books:read" and said(posing)["scope"] == "books:*", (said(acting), said(posing))
assert invoices(acting["access_token"]) == invoices(posing["access_token"]) == 200
assert drop(acting, 1) == 403 and drop(posing, 1) == 200

# The end of the subject's token ends no token that was made of it, and makes no new one.
client().revoke_token(metadata["revocation_endpoint"], token=subject)
assert invoices(subject) == 401 and invoices(acting["access_token"]) == 200 and active(posing["access_token"])
refused("invalid_request", lambda: client().fetch_token(endpoint, **about))
client().revoke_token(metadata["revocation_endpoint"], token=posing["access_token"])
assert drop(posing, 2) == 401 and invoices(acting["access_token"]) == 200

print("ok")
