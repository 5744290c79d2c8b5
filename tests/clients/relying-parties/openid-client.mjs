// `openid-client` as its documentation has it: every flow, as a server and as a program.

import assert from "node:assert/strict";
import * as client from "openid-client";
import { end, given, key, letIn, open, signOut } from "./browser.mjs";

const issuer = new URL(given.issuer);
const API = "https://management.azure.com/.default";

async function signIn(config, redirectUri, scope, more = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  });
  const told = await open(url);
  const called = told.form
    ? new Request(redirectUri, { method: "POST", body: new URLSearchParams(told.form) })
    : new URL(told.location);
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true, ...given.checks };
  return client.authorizationCodeGrant(config, called, checks);
}

// A server with a secret, in the body.
const web = await client.discovery(issuer, given.web.id, given.web.secret, client.ClientSecretPost(given.web.secret));
// ID tokens come from the token endpoint itself; their signatures are checked all the same.
client.enableNonRepudiationChecks(web);
const scope = "openid profile offline_access";
let tokens = await signIn(web, given.web.redirectUri, scope);
const { sub, aud, name } = tokens.claims();
assert.equal(aud, given.web.id);
assert.equal(name, given.user.name);
assert.equal((await client.fetchUserInfo(web, tokens.access_token, sub)).preferred_username, given.user.upn);
await assert.rejects(client.fetchUserInfo(web, tokens.access_token, "somebody else"));

const again = await client.refreshTokenGrant(web, tokens.refresh_token);
assert.notEqual(again.refresh_token, tokens.refresh_token);
assert.equal(again.claims().sub, sub);
const seen = await client.tokenIntrospection(web, again.access_token);
assert.equal(seen.active, true);
assert.equal(seen.client_id, given.web.id);
await client.tokenRevocation(web, again.refresh_token);
assert.equal((await client.tokenIntrospection(web, again.access_token)).active, false);
await assert.rejects(client.refreshTokenGrant(web, again.refresh_token), { error: "invalid_grant" });

// By a form that the browser posts; whoever agreed is not asked again, and may be looked at without being seen.
tokens = await signIn(web, given.web.redirectUri, scope, { response_mode: "form_post" });
tokens = await signIn(web, given.web.redirectUri, scope, { prompt: "none", max_age: "3600" });
await assert.rejects(signIn(web, given.web.redirectUri, `openid ${API}`, { prompt: "none" }), {
  error: "consent_required",
});

// The same server by Basic, and with a key in the place of a secret.
const basic = await client.discovery(issuer, given.web.id, given.web.secret, client.ClientSecretBasic(given.web.secret));
await signIn(basic, given.web.redirectUri, scope);
assert.ok((await client.clientCredentialsGrant(basic, { scope: API })).access_token);
const signed = await client.discovery(issuer, given.web.id, undefined, client.PrivateKeyJwt(await key()));
await signIn(signed, given.web.redirectUri, scope);
assert.ok((await client.clientCredentialsGrant(signed, { scope: API })).access_token);
const wrong = await client.discovery(issuer, given.web.id, undefined, client.ClientSecretPost("wrong"));
await assert.rejects(client.clientCredentialsGrant(wrong, { scope: API }), { error: "invalid_client" });

// A program, which has none.
const native = await client.discovery(issuer, given.native.id, undefined, client.None());
await signIn(native, `${given.native.redirectUri.replace("localhost", "localhost:41234")}`, scope);
const codes = await client.initiateDeviceAuthorization(native, { scope });
await letIn(codes.user_code);
const device = await client.pollDeviceAuthorizationGrant(native, codes);
assert.equal(device.claims().sub, sub);

// Last, since nobody is signed in any more.
const back = await signOut(
  client.buildEndSessionUrl(web, {
    post_logout_redirect_uri: given.web.redirectUri,
    id_token_hint: tokens.id_token,
    state: "the end",
  }),
);
assert.equal(new URL(back).searchParams.get("state"), "the end");
await assert.rejects(signIn(web, given.web.redirectUri, scope, { prompt: "none" }), { error: "login_required" });
end();
