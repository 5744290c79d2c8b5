//! `wharf credential-provider`: kubelet's exec protocol (`credentialprovider.kubelet.k8s.io/v1`). No profile is read or written: kubelet has none.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use wharf_client::{ClientProof, Directory, Endpoints, REGISTRY_SCOPE, RegistryTokens, ServerUrl};
use wharf_types::{arm::SecretText, id::TOKEN_USER_NAME};

use super::token_end;
use crate::{
    cli::provider::ProviderArgs,
    environment::now,
    failure::Failure,
    profile::Proof,
    session::{Settings, transport},
};

const API: &str = "credentialprovider.kubelet.k8s.io/v1";
/// The longest question, in bytes.
const INPUT_MAX: u64 = 1 << 20;
/// A token is not used in its last minutes, so that no pull outlives it.
const SPARE_SECONDS: i64 = 10 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    api_version: String,
    kind: String,
    image: String,
    /// The pod's own token, where kubelet is configured to send it.
    #[serde(default)]
    service_account_token: Option<SecretText>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    api_version: &'static str,
    kind: &'static str,
    cache_key_type: &'static str,
    cache_duration: String,
    auth: BTreeMap<String, Auth>,
}

#[derive(Serialize)]
struct Auth {
    username: &'static str,
    password: SecretText,
}

pub(crate) async fn provide(args: ProviderArgs, settings: &Settings) -> Result<(), Failure> {
    let mut question = String::new();
    let read = io::stdin().take(INPUT_MAX).read_to_string(&mut question);
    read.map_err(|error| Failure::general(format!("cannot read the question: {error}")))?;
    let request: Request = serde_json::from_str(&question)
        .map_err(|error| Failure::usage(format!("standard input is no CredentialProviderRequest: {error}")))?;
    if request.api_version != API || request.kind != "CredentialProviderRequest" {
        return Err(Failure::usage(format!(
            "the question is {} {}, and {API} CredentialProviderRequest is understood",
            request.api_version, request.kind
        )));
    }
    let transport = transport(settings.ca_cert.clone())?;
    let url = ServerUrl::parse(&args.server, settings.allow_insecure)?;
    let endpoints = Endpoints::discover(&transport, &url).await?;
    let (key, login_server) = place(&request.image, &endpoints)?;
    let tenant = args.tenant.clone().or_else(|| endpoints.tenant.clone());
    let tenant = tenant.ok_or_else(|| Failure::usage("--tenant is needed: the server has several"))?;
    let proof = proof(&args, request.service_account_token)?;
    let directory = Directory::discover(transport.clone(), &endpoints.directory, &tenant).await?;
    let token = directory
        .client_credentials(&args.username, &proof, REGISTRY_SCOPE)
        .await?;
    let registries = RegistryTokens::new(transport, endpoints.resource_manager.clone());
    let token = registries.exchange(&login_server, &tenant, &token.access_token).await?;
    println(&answer(key, &token))
}

fn println(response: &Response) -> Result<(), Failure> {
    use io::Write as _;
    let text = serde_json::to_string(response).map_err(|error| Failure::general(error.to_string()))?;
    writeln!(io::stdout(), "{text}").map_err(|error| Failure::general(format!("cannot write the answer: {error}")))
}

fn answer(key: String, token: &SecretString) -> Response {
    use secrecy::ExposeSecret;
    let left = token_end(token).map_or(0, |end| end - now().unix_timestamp() - SPARE_SECONDS);
    let auth = Auth {
        username: TOKEN_USER_NAME,
        password: SecretText::new(token.expose_secret()),
    };
    Response {
        api_version: API,
        kind: "CredentialProviderResponse",
        // A token is for one registry, and where the registry is a part of the path its host is not enough to say which.
        cache_key_type: if key.contains('/') { "Image" } else { "Registry" },
        cache_duration: format!("{}s", left.max(0)),
        auth: BTreeMap::from([(key, auth)]),
    }
}

/// What kubelet compares images with, and the registry's login server.
fn place(image: &str, endpoints: &Endpoints) -> Result<(String, String), Failure> {
    let (host, rest) = image.split_once('/').unwrap_or((image, ""));
    let suffix = endpoints.login_server_suffix.clone().unwrap_or_default();
    let label = host.strip_suffix(&suffix);
    if !suffix.is_empty() && label.is_some_and(|label| !label.is_empty() && !label.contains('.')) {
        return Ok((host.to_owned(), host.to_owned()));
    }
    let url = endpoints.resource_manager.as_url();
    let own = url
        .host_str()
        .map(|name| url.port().map_or(name.to_owned(), |port| format!("{name}:{port}")));
    let is_base = own.as_deref() == Some(host) || suffix.strip_prefix('.') == Some(host);
    match rest.split_once('/') {
        Some((registry, _)) if is_base => Ok((format!("{host}/{registry}"), format!("{registry}{suffix}"))),
        _ => {
            let failure = Failure::general(format!("{image} is no image of this server"));
            Err(failure.hint("name only the server's own addresses under matchImages in kubelet's configuration"))
        }
    }
}

fn proof(args: &ProviderArgs, pod: Option<SecretText>) -> Result<ClientProof, Failure> {
    let proof = match (pod, &args.password_file, &args.certificate, &args.federated_token_file) {
        (Some(token), ..) => Proof::FederatedToken(token),
        (_, Some(path), ..) => Proof::Secret(SecretText::new(first_line(path)?)),
        (_, _, Some(path), _) => Proof::Certificate(path.clone()),
        (_, _, _, Some(path)) => Proof::FederatedTokenFile(path.clone()),
        (None, None, None, None) => {
            return Err(Failure::usage(
                "one of --password-file, --certificate and --federated-token-file is needed, or a token of the pod's service account",
            ));
        }
    };
    Ok(proof.read()?)
}

fn first_line(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| Failure::general(format!("cannot read {}: {error}", path.display())))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
