//! How much of its limits a registry uses: `GET {R}/listUsages`.

use serde::{Deserialize, Serialize};

/// The whole answer; not paged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryUsages {
    /// One entry per limit.
    pub value: Vec<RegistryUsage>,
}

/// One limit and how much of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryUsage {
    /// `Size`, `Webhooks`, `ScopeMaps`, `Tokens` …
    pub name: String,
    /// The limit, in `unit`; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What is used, in `unit`.
    pub current_value: u64,
    /// `Bytes` or `Count`.
    pub unit: String,
}
