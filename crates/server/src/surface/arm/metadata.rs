//! `/metadata/endpoints`: where to sign in, and for what.

use axum::response::Response;
use http::{StatusCode, Uri};
use wharf_app::App;
use wharf_app::identity::Audience;
use wharf_types::arm::metadata::{CloudAuthentication, CloudMetadata, CloudSuffixes};

use super::error::ArmError;
use crate::body::{field, query};
use crate::call::json;

/// The endpoints as one object; as an array of it where the query says `list=1`, which is what `ARM_CLOUD_METADATA_URL` has to name.
pub(super) async fn show(app: &App, uri: &Uri) -> Result<Response, ArmError> {
    let public = &app.settings().public;
    let base = public.base_url();
    // Where there is one tenant, whoever names none means it.
    let tenant = app.tenant_only().await?.map(|tenant| tenant.id.to_string());
    let metadata = CloudMetadata {
        // Not `AzureCloud`: `az` would overwrite the login endpoint with Microsoft's.
        name: "Wharf".to_owned(),
        authentication: CloudAuthentication {
            // In the shape of AD FS: `az` then asks no Microsoft host whether ours is known, and needs no setting. Clients that put the tenant into the
            // path find the directory beside it, and below it.
            login_endpoint: format!("{base}/adfs"),
            audiences: vec![Audience::ResourceManager.as_str().to_owned()],
            tenant,
        },
        resource_manager: Some(base.clone()),
        microsoft_graph_resource_id: Some(base),
        graph_audience: None,
        portal: None,
        suffixes: CloudSuffixes {
            acr_login_server: Some(format!(".{}", public.base())),
            storage: Some(public.base()),
        },
    };
    Ok(match field(&query(uri), "list") {
        Some("1") => json(StatusCode::OK, &[metadata]),
        _ => json(StatusCode::OK, &metadata),
    })
}
