//! Tags.

use wharf_types::access::Action;
use wharf_types::name::{RepositoryName, TagName};
use wharf_types::page::{Page, PageRequest};

use crate::registry::{Place, RegistryError};
use crate::{App, OpContext};

impl App {
    /// A page of the repository's tags, in byte order.
    pub async fn tag_list(
        &self,
        ctx: &OpContext,
        place: &Place,
        repository: &RepositoryName,
        page: &PageRequest,
    ) -> Result<Page<TagName>, RegistryError> {
        ctx.require_content(Action::ContentPull, place.content(Some(repository)))?;
        let after = page.after.as_deref().unwrap_or("");
        let tags = self
            .inner
            .meta
            .read()
            .await?
            .tag_list(place.registry.id, repository, after, page.size.get() + 1)
            .await?;
        let tags = tags.ok_or_else(|| RegistryError::NameUnknown(repository.clone()))?;
        Ok(Page::cut(tags, page.size, ToString::to_string))
    }
}
