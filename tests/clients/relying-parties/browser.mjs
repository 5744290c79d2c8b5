// What a relying party asks of somebody's browser: the test plays it, a line of JSON for each question and for each answer.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(question) {
  process.stdout.write(`${JSON.stringify(question)}\n`);
  const { value, done } = await answers.next();
  assert(!done, "the test has gone");
  return JSON.parse(value);
}

/** What the client's address is called with: a URL, or a form that was posted to it. */
export const open = async (url) => ask({ open: String(url) });

/** Lets a device in. */
export const letIn = async (userCode) => ask({ device: userCode });

/** Signs out, and returns where the person came back to. */
export const signOut = async (url) => (await ask({ signOut: String(url) })).location;

/** What the test made for the relying party. */
export const given = JSON.parse(process.env.RELYING_PARTY);

/** The key of a certificate, to sign with. */
export async function key() {
  const pem = given.pem.match(/-----BEGIN PRIVATE KEY-----([^-]+)-----END/)[1];
  const bytes = Buffer.from(pem, "base64");
  return crypto.subtle.importKey("pkcs8", bytes, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
}

export function end() {
  process.stdout.write(`${JSON.stringify({ done: true })}\n`);
  process.exit(0);
}
