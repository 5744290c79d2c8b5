//! Repositories as clients name them, and what clients push to them.

use http::Method;
use serde_json::{Value, json};
use wharf_types::digest::{Algorithm, Digest};

use crate::actor::Ask;
use crate::{Actor, Answer, TestRegistry, TestServer};

/// The media type of image manifests.
pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of indexes.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A repository at one of the two hosts that it is reached by.
#[derive(Clone, Debug)]
pub struct TestRepository {
    /// The host.
    pub host: String,
    /// Its name at that host: at the base host the registry's name comes first.
    pub name: String,
}

impl TestRegistry {
    /// A repository at the registry's own host.
    pub fn repository(&self, name: &str) -> TestRepository {
        TestRepository {
            host: self.login_server.clone(),
            name: name.to_owned(),
        }
    }

    /// The same repository at the base host.
    pub fn repository_at_base(&self, server: &TestServer, name: &str) -> TestRepository {
        TestRepository {
            host: server.host().to_owned(),
            name: format!("{}/{name}", self.name),
        }
    }
}

/// The SHA-256 digest of some content.
pub fn digest(content: impl AsRef<[u8]>) -> String {
    Digest::of(Algorithm::Sha256, content.as_ref()).to_string()
}

/// What points at some content.
pub fn descriptor(media_type: &str, content: impl AsRef<[u8]>) -> Value {
    let content = content.as_ref();
    json!({"mediaType": media_type, "digest": digest(content), "size": content.len()})
}

/// An image of one layer, with the layer for its configuration too.
pub fn image(layer: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": descriptor("application/vnd.oci.image.config.v1+json", layer),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
    })
}

impl TestRepository {
    /// The path of something below it: `manifests/v1`.
    pub fn path(&self, rest: &str) -> String {
        format!("/v2/{}/{rest}", self.name)
    }

    /// The scope of some actions on it: `pull,push`.
    pub fn scope(&self, actions: &str) -> String {
        format!("repository:{}:{actions}", self.name)
    }

    /// Starts a request below it.
    pub fn ask<'a>(&self, actor: &'a Actor, method: Method, rest: &str) -> Ask<'a> {
        actor.ask(method, &self.path(rest)).at(&self.host)
    }

    /// GET below it.
    pub async fn get(&self, actor: &Actor, rest: &str) -> Answer {
        self.ask(actor, Method::GET, rest).send().await
    }

    /// HEAD below it.
    pub async fn head(&self, actor: &Actor, rest: &str) -> Answer {
        self.ask(actor, Method::HEAD, rest).send().await
    }

    /// DELETE below it.
    pub async fn delete(&self, actor: &Actor, rest: &str) -> Answer {
        self.ask(actor, Method::DELETE, rest).send().await
    }

    /// Starts an upload.
    pub async fn upload(&self, actor: &Actor) -> Answer {
        self.ask(actor, Method::POST, "blobs/uploads/").send().await
    }

    /// Goes on at the place that an answer names.
    pub fn go_on<'a>(&self, actor: &'a Actor, method: Method, answer: &Answer) -> Ask<'a> {
        actor.ask(method, answer.header("location")).at(&self.host)
    }

    /// Finishes the upload that an answer is about, with the last bytes of the content.
    pub async fn finish(&self, actor: &Actor, answer: &Answer, digest: &str, last: impl AsRef<[u8]>) -> Answer {
        let path = format!("{}?digest={digest}", answer.header("location"));
        let ask = actor.ask(Method::PUT, &path).at(&self.host);
        ask.body("application/octet-stream", last.as_ref().to_vec())
            .send()
            .await
    }

    /// Pushes a blob as containerd does, by POST and PUT. Returns its digest.
    pub async fn push_blob(&self, actor: &Actor, content: impl AsRef<[u8]>) -> String {
        let digest = digest(&content);
        let started = self.upload(actor).await.expect(202);
        self.finish(actor, &started, &digest, content).await.expect(201);
        digest
    }

    /// Puts a manifest of its own media type.
    pub async fn put_manifest(&self, actor: &Actor, reference: &str, manifest: &Value) -> Answer {
        let media_type = manifest["mediaType"].as_str().unwrap_or(IMAGE);
        self.ask(actor, Method::PUT, &format!("manifests/{reference}"))
            .body(media_type, manifest.to_string())
            .send()
            .await
    }

    /// Pushes an image of one layer. Returns its digest.
    pub async fn push_image(&self, actor: &Actor, reference: &str, layer: &str) -> String {
        self.push_blob(actor, layer).await;
        let answer = self.put_manifest(actor, reference, &image(layer)).await;
        answer.expect(201).header("docker-content-digest").to_owned()
    }

    /// Asks the token endpoint of its host for these scopes, as docker does.
    pub async fn token(&self, actor: &Actor, scopes: &[&str]) -> Answer {
        let scopes: String = scopes.iter().map(|scope| format!("&scope={scope}")).collect();
        let path = format!("/oauth2/token?service={}{scopes}", self.host);
        actor.ask(Method::GET, &path).at(&self.host).send().await
    }

    /// Whoever brings the token that the actor got for these scopes.
    pub async fn bearer(&self, actor: &Actor, scopes: &[&str]) -> Actor {
        let token = self.token(actor, scopes).await.expect(200).at("/access_token");
        actor.with_bearer(&token)
    }
}
