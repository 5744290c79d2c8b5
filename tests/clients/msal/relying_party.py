"""MSAL for Python as its samples have it: the library that az and the Azure SDKs sign in with."""

import base64
import hashlib
import json
import os
import secrets
import sys

import msal

GIVEN = json.loads(os.environ["RELYING_PARTY"])
AUTHORITY = GIVEN["issuer"].removesuffix("/v2.0")
API = ["https://management.azure.com/.default"]
WEB, NATIVE = GIVEN["web"], GIVEN["native"]


def ask(question):
    """What somebody's browser is asked: the test plays it."""
    print(json.dumps(question), flush=True)
    return json.loads(sys.stdin.readline())


def called(url):
    """What the client's address is called with."""
    from urllib.parse import parse_qsl, urlsplit

    told = ask({"open": url})
    return told.get("form") or dict(parse_qsl(urlsplit(told["location"]).query))


def good(result):
    assert "access_token" in result, result
    return result


def app(kind, client, **more):
    return kind(client["id"], authority=AUTHORITY, instance_discovery=False, **more)


def server(credential):
    return app(msal.ConfidentialClientApplication, WEB, client_credential=credential)


def by_code(client, redirect_uri, **more):
    """Authorization code with PKCE, then the same again from the cache and by the refresh token."""
    flow = client.initiate_auth_code_flow(API, redirect_uri=redirect_uri, **more)
    result = good(client.acquire_token_by_auth_code_flow(flow, called(flow["auth_uri"])))
    claims = result["id_token_claims"]
    assert claims["preferred_username"] == GIVEN["user"]["upn"], claims
    (account,) = client.get_accounts()
    assert account["username"] == GIVEN["user"]["upn"], account
    kept = good(client.acquire_token_silent(API, account))
    assert kept["access_token"] == result["access_token"]
    fresh = good(client.acquire_token_silent(API, account, force_refresh=True))
    assert fresh["access_token"] != result["access_token"]
    return fresh


def by_authorization_code(client):
    """The older way of a server, which makes the challenge itself."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    url = client.get_authorization_request_url(API, redirect_uri=WEB["redirectUri"], state="s")
    told = called(f"{url}&code_challenge={challenge}&code_challenge_method=S256")
    assert told["state"] == "s", told
    result = client.acquire_token_by_authorization_code(
        told["code"], API, redirect_uri=WEB["redirectUri"], data={"code_verifier": verifier}
    )
    return good(result)


def certificate():
    with open(GIVEN["rsa"], encoding="ascii") as file:
        pem = file.read()
    return {"private_key": pem, "public_certificate": pem}


def main():
    for credential in (WEB["secret"], certificate()):
        client = server(credential)
        good(client.acquire_token_for_client(API))
        by_code(client, WEB["redirectUri"])
        by_code(server(credential), WEB["redirectUri"], response_mode="form_post")
        by_authorization_code(server(credential))
    refused = server("wrong").acquire_token_for_client(API)
    assert refused["error"] == "invalid_client" and 7000215 in refused["error_codes"], refused

    by_code(app(msal.PublicClientApplication, NATIVE), NATIVE["redirectUri"])
    client = app(msal.PublicClientApplication, NATIVE)
    flow = client.initiate_device_flow(API)
    ask({"device": flow["user_code"]})
    good(client.acquire_token_by_device_flow(flow))
    (account,) = client.get_accounts()
    good(client.acquire_token_silent(API, account, force_refresh=True))
    print(json.dumps({"done": True}), flush=True)


def make_certificate(path):
    """A key of RSA with its certificate: the kind that MSAL signs with."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "msal")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = serialization.NoEncryption()
    with open(path, "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, private))
        file.write(made.public_bytes(serialization.Encoding.PEM))


if __name__ == "__main__":
    if sys.argv[1:2] == ["make-certificate"]:
        make_certificate(sys.argv[2])
    else:
        main()
