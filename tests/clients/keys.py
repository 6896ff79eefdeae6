"""A JOSE library that nobody here wrote, and the key set of `runaway mock`: which keys it shows, what they verify, for how
long it may be kept, and what that means at services that fetch it seldom.

Reads the line that `runaway mock --format json` prints first, from standard input. Any surprise is an exception.
"""

import base64
import hashlib
import json
import sys
import time

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

world = json.loads(sys.stdin.readline())
services, runbook = world["services"], world["runbook"]
secret = world["credential"]["secret"]
metadata = requests.get(f"{services['idp']}/.well-known/oauth-authorization-server", timeout=5).json()


def key_set():
    answer = requests.get(metadata["jwks_uri"], timeout=5)
    # As long as the service that is latest may keep it: RFC 9111 section 5.2.2.1.
    assert answer.headers["cache-control"] == "max-age=3", answer.headers
    return answer.json()


def kids():
    return [key["kid"] for key in key_set()["keys"]]


def verified(token):
    try:
        return jwt.decode(token, KeySet.import_key_set(key_set()), algorithms=["EdDSA"]).claims
    except (JoseError, ValueError):
        return None


def minted(path):
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{services['idp']}{path}", data=form, auth=("reporting", secret), timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def status(service, token):
    headers = {"authorization": f"Bearer {token}"}
    return requests.get(f"{services[service]}/invoices", headers=headers, timeout=5).status_code


def does(step, **about):
    headers = {"authorization": f"Bearer {runbook['secret']}"}
    return requests.post(runbook["url"], data={"step": step, **about}, headers=headers, timeout=5).status_code


def dumped():
    """The text of the first signing key, which lies in a crash dump."""
    records = requests.get(f"{services['debug']}/debug/crashdump", timeout=5).json()["records"]
    return records[0]["secret"]


def kid_of(token):
    header = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(text, issued):
    """Tokens that nobody issued: one for each second at which the world may have begun."""
    pair = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"private key" + text.encode()).digest())
    public = pair.public_key().public_bytes_raw()
    key = OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "d": base64url(pair.private_bytes_raw()), "x": base64url(public)}
    )
    made_up = hashlib.sha256(b"token provider 0").hexdigest()[:32]
    for before in range(10):
        begun = issued["iat"] - before
        claims = {**issued, "sub": "provider", "jti": made_up, "iat": begun, "exp": begun + 600}
        yield jwt.encode({"alg": "EdDSA", "kid": "first", "typ": "at+jwt"}, claims, key, algorithms=["EdDSA"])


# The provider's own key and one for each that signs: keys of which there are several sign nothing, and have no `kid`.
assert kids() == ["k1", "first", "second"], kids()
for key in key_set()["keys"]:
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig") and "d" not in key, key

first, second = minted("/oauth/token"), minted("/oauth/other")
assert (kid_of(first), kid_of(second)) == ("first", "second")
assert verified(first)["client_id"] == "token" and verified(second)["client_id"] == "other-token"
assert [status(s, t) for s in ["strict", "late"] for t in [first, second]] == [200] * 4

# Whoever has read the key is anybody.
stolen = dumped()
by_hand = [token for token in forged(stolen, verified(first)) if status("strict", token) == 200]
assert len(by_hand) == 1 and verified(by_hand[0])["sub"] == "provider", len(by_hand)

# Rotated: both are in the set while the old one has its grace, then the successor alone.
assert does("rotate") == 200
assert kids() == ["k1", "first", "second", "second.2"], kids()
successor = minted("/oauth/other")
assert kid_of(successor) == "second.2" and verified(successor) and verified(second)
assert status("strict", second) == status("strict", successor) == 200
time.sleep(2.1)
assert kids() == ["k1", "first", "second.2"], kids()
assert verified(successor) and not verified(second)
assert status("strict", second) == 401 and status("strict", successor) == 200

# Nothing but the end of the key ends what it signed: neither revoking by protocol, nor the client's own end.
client = {"auth": ("reporting", secret), "timeout": 5}
for text in [first, by_hand[0], stolen]:
    assert requests.post(metadata["revocation_endpoint"], data={"token": text}, **client).status_code == 200
introspected = requests.post(metadata["introspection_endpoint"], data={"token": stolen}, **client)
assert introspected.json() == {"active": False}, "a key is no token"
assert kids() == ["k1", "first", "second.2"], kids()
assert [status(s, t) for s in ["strict", "late"] for t in [first, by_hand[0]]] == [200] * 4

# No such step, nobody's credential, no credential at all.
assert does("removed") == 404 and does("remove", credential="nobody") == 404 and does("remove", credential="900") == 404
assert requests.post(runbook["url"], data={"step": "remove"}, timeout=5).status_code == 401

# Removed: gone from the set at once, and believed by whoever fetched it before for as long as they keep it.
assert does("remove") == 200
removed = time.monotonic()
assert kids() == ["k1", "second.2"], kids()
for token in [first, by_hand[0]]:
    assert not verified(token) and status("strict", token) == 401
refused = None
while refused is None and time.monotonic() - removed < 6:
    asked = time.monotonic()
    if status("late", first) == 401:
        refused = asked - removed
    time.sleep(0.02)
assert refused is not None and refused <= 3.1, refused
assert status("late", by_hand[0]) == 401 and status("late", successor) == 200 and verified(successor)

print("ok")
