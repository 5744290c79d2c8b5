// `oauth4webapi`: the protocol step by step, each answer checked as the standards have it.

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { end, given, key, letIn, open } from "./browser.mjs";

const issuer = new URL(given.issuer);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const scope = "openid profile email offline_access";

async function code(client, redirectUri, authentication, more = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  const fields = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...more,
  };
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  const { location } = await open(url);
  // With `iss`, which the server says that it sends (RFC 9207).
  const parameters = oauth.validateAuthResponse(server, client, new URL(location), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    parameters,
    redirectUri,
    verifier,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response);
  return { tokens, parameters, verifier };
}

const web = { client_id: given.web.id };
const post = oauth.ClientSecretPost(given.web.secret);
const { tokens, parameters, verifier } = await code(web, given.web.redirectUri, post);
const { sub } = oauth.getValidatedIdTokenClaims(tokens);
const info = await oauth.userInfoRequest(server, web, tokens.access_token);
assert.equal((await oauth.processUserInfoResponse(server, web, sub, info)).name, given.user.name);

const refreshed = await oauth.refreshTokenGrantRequest(server, web, post, tokens.refresh_token);
const next = await oauth.processRefreshTokenResponse(server, web, refreshed);
assert.ok(next.id_token);

const look = async (token) => {
  const response = await oauth.introspectionRequest(server, web, post, token);
  return (await oauth.processIntrospectionResponse(server, web, response)).active;
};
assert.equal(await look(next.access_token), true);

// A code that comes again ends what it became.
const twice = await oauth.authorizationCodeGrantRequest(
  server,
  web,
  post,
  parameters,
  given.web.redirectUri,
  verifier,
);
await assert.rejects(oauth.processAuthorizationCodeResponse(server, web, twice), { error: "invalid_grant" });
assert.equal(await look(next.access_token), false);

// A key in the place of the secret, and a revocation with it.
const signed = oauth.PrivateKeyJwt(await key());
const second = await code(web, given.web.redirectUri, signed);
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, web, signed, second.tokens.refresh_token),
);
assert.equal(await look(second.tokens.access_token), false);

// The client's own token, whose scope it has to name.
const own = await oauth.clientCredentialsGrantRequest(server, web, post, {
  scope: "https://graph.microsoft.com/.default",
});
assert.ok((await oauth.processClientCredentialsResponse(server, web, own)).access_token);

// A program and a device.
const native = { client_id: given.native.id };
await code(native, given.native.redirectUri, oauth.None());
const asked = await oauth.deviceAuthorizationRequest(server, native, oauth.None(), { scope });
const codes = await oauth.processDeviceAuthorizationResponse(server, native, asked);
const early = await oauth.deviceCodeGrantRequest(server, native, oauth.None(), codes.device_code);
await assert.rejects(oauth.processDeviceCodeResponse(server, native, early), { error: "authorization_pending" });
await letIn(codes.user_code);
const granted = await oauth.deviceCodeGrantRequest(server, native, oauth.None(), codes.device_code);
assert.ok((await oauth.processDeviceCodeResponse(server, native, granted)).access_token);
end();
