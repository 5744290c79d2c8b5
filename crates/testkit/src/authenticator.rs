//! An authenticator of passkeys in software, with the browser before it (WebAuthn Level 2), which also does what it must not.
//!
//! It shares no code with what verifies its answers.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::{Answer, TestServer, between};

/// Bits of the flags (§6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// Algorithms of COSE (RFC 9053).
const ES256: i8 = -7;
const ED_DSA: i8 = -8;

/// A device with passkeys. What it does wrong is set by the test.
pub struct Authenticator {
    /// The page that the browser says it shows.
    pub origin: String,
    /// The party that it answers for, whatever it is asked.
    pub party: Option<String>,
    /// Whether it asks who its user is.
    pub verifies: bool,
    /// Whether it counts how often each passkey is used.
    pub counts: bool,
    /// Whether its keys are of another kind than any that is asked for.
    pub foreign_keys: bool,
    /// Whose it says that its passkeys are, if not whose they are.
    pub claims: Option<Vec<u8>>,
    held: Vec<Held>,
}

struct Held {
    id: Vec<u8>,
    user: Vec<u8>,
    key: EcdsaKeyPair,
    count: u32,
}

/// The fields of a form that a passkey answered.
#[derive(Clone, Debug)]
pub struct Given {
    /// What the page held.
    pub ceremony: String,
    /// What the passkey said.
    pub credential: String,
}

impl Given {
    /// As a form's fields.
    pub fn fields(&self) -> [(&str, &str); 2] {
        [("ceremony", &self.ceremony), ("credential", &self.credential)]
    }

    /// The same with a signature over something else.
    #[must_use]
    pub fn forged(&self) -> Self {
        let mut credential: Value = serde_json::from_str(&self.credential).expect("it is JSON");
        let data = credential["response"]["authenticatorData"]
            .as_str()
            .expect("it is an assertion");
        let mut data = URL_SAFE_NO_PAD.decode(data).expect("it is base64url");
        let count = data.len() - 1;
        data[count] = data[count].wrapping_add(1);
        credential["response"]["authenticatorData"] = text(&data);
        Self {
            ceremony: self.ceremony.clone(),
            credential: credential.to_string(),
        }
    }
}

fn text(bytes: &[u8]) -> Value {
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// What a page asks a passkey for, and what goes back with the answer.
fn asked(page: &Answer) -> (Value, String) {
    let page = page.text();
    let options = between(&page, "data-options=\"", "\"");
    let options = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(options.to_owned(), |text, (from, to)| text.replace(from, to));
    let options = serde_json::from_str(&options).unwrap_or_else(|error| panic!("{error}: {options}"));
    (options, between(&page, "name=\"ceremony\" value=\"", "\"").to_owned())
}

/// Text, bytes and maps of CBOR (RFC 8949 §3) below 64 KiB.
fn cbor(major: u8, length: usize) -> Vec<u8> {
    let major = major << 5;
    match u16::try_from(length).expect("it is short").to_be_bytes() {
        [0, low] if low < 24 => vec![major | low],
        [0, low] => vec![major | 24, low],
        [high, low] => vec![major | 25, high, low],
    }
}

fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    [cbor(2, bytes.len()), bytes.to_vec()].concat()
}

fn cbor_text(text: &str) -> Vec<u8> {
    [cbor(3, text.len()), text.as_bytes().to_vec()].concat()
}

fn cbor_number(number: i8) -> Vec<u8> {
    if number >= 0 {
        cbor(0, usize::from(number.unsigned_abs()))
    } else {
        cbor(1, usize::from(number.unsigned_abs()) - 1)
    }
}

impl Authenticator {
    /// A device that does everything right at this server.
    pub fn new(server: &TestServer) -> Self {
        Self {
            origin: server.app().settings().public.base_url(),
            party: None,
            verifies: true,
            counts: true,
            foreign_keys: false,
            claims: None,
            held: Vec::new(),
        }
    }

    /// How often its newest passkey was used, as it counts.
    pub fn count(&mut self) -> &mut u32 {
        &mut self.held.last_mut().expect("it has a passkey").count
    }

    /// Makes a passkey, as the page asks.
    pub fn create(&mut self, page: &Answer) -> Given {
        let (options, ceremony) = asked(page);
        let random = SystemRandom::new();
        let mut id = vec![0; 16];
        aws_lc_rs::rand::SecureRandom::fill(&random, &mut id).expect("there is randomness");
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key is made");
        let user = options["user"]["id"].as_str().expect("the user has a handle");
        let held = Held {
            user: URL_SAFE_NO_PAD.decode(user).expect("it is base64url"),
            id,
            key,
            count: 0,
        };
        let length = u16::try_from(held.id.len()).expect("it is short").to_be_bytes();
        let attested = [&[0; 16][..], &length, &held.id, &self.public_key(&held.key)].concat();
        let data = [self.data(&options["rp"]["id"], ATTESTED, held.count), attested].concat();
        let object = [
            cbor(5, 3),
            cbor_text("fmt"),
            cbor_text("none"),
            cbor_text("attStmt"),
            cbor(5, 0),
            cbor_text("authData"),
            cbor_bytes(&data),
        ];
        let credential = json!({
            "id": text(&held.id), "rawId": text(&held.id), "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": text(&self.client("webauthn.create", &options)), "attestationObject": text(&object.concat())},
        });
        self.held.push(held);
        Given {
            ceremony,
            credential: credential.to_string(),
        }
    }

    /// Answers with its newest passkey, as the page asks.
    pub fn get(&mut self, page: &Answer) -> Given {
        let (options, ceremony) = asked(page);
        if self.counts {
            *self.count() += 1;
        }
        let held = self.held.last().expect("it has a passkey");
        let data = self.data(&options["rpId"], 0, held.count);
        let client = self.client("webauthn.get", &options);
        let signed = [&data[..], digest(&SHA256, &client).as_ref()].concat();
        let signature = held.key.sign(&SystemRandom::new(), &signed).expect("it signs");
        let credential = json!({
            "id": text(&held.id), "rawId": text(&held.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(&client), "authenticatorData": text(&data), "signature": text(signature.as_ref()),
                "userHandle": text(self.claims.as_ref().unwrap_or(&held.user)),
            },
        });
        Given {
            ceremony,
            credential: credential.to_string(),
        }
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, party: &Value, flags: u8, count: u32) -> Vec<u8> {
        let party = self
            .party
            .as_deref()
            .or(party.as_str())
            .expect("the page names its party");
        let verified = if self.verifies { VERIFIED } else { 0 };
        let party = digest(&SHA256, party.as_bytes());
        [party.as_ref(), &[flags | PRESENT | verified], &count.to_be_bytes()].concat()
    }

    /// The key as COSE writes it (RFC 9052 §7).
    fn public_key(&self, key: &EcdsaKeyPair) -> Vec<u8> {
        let point = key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let pairs: &[(i8, Vec<u8>)] = if self.foreign_keys {
            &[
                (1, cbor_number(1)),
                (3, cbor_number(ED_DSA)),
                (-1, cbor_number(6)),
                (-2, cbor_bytes(x)),
            ]
        } else {
            &[
                (1, cbor_number(2)),
                (3, cbor_number(ES256)),
                (-1, cbor_number(1)),
                (-2, cbor_bytes(x)),
                (-3, cbor_bytes(y)),
            ]
        };
        let written = pairs
            .iter()
            .map(|(name, value)| [cbor_number(*name), value.clone()].concat());
        [cbor(5, pairs.len()), written.collect::<Vec<_>>().concat()].concat()
    }
}
