//! Pages of long lists: a limit and a cursor, so that a list that grows meanwhile neither repeats nor skips anything.
//!
//! A cursor is opaque to callers: they hand back the `next` they were given.

use crate::result::ApiResult;
use cloud_admin::cursor::{CursorText, PageRequest, PageResult};
use protocol::OrgId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::{IntoParams, ToSchema};

/// Whose things are meant: for platform accounts. The header `ostona-org` says the same.
#[expect(
    dead_code,
    reason = "the description shows it; the tenant's extractor reads the query itself"
)]
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrgParam {
    /// The organisation; accounts of an organisation leave it out.
    #[param(value_type = Option<Uuid>, nullable = false)]
    pub(crate) org: Option<OrgId>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Items at most, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500, nullable = false)]
    pub(crate) limit: Option<u32>,
    /// The `next` of the page before.
    #[param(value_type = Option<String>, max_length = 80, pattern = r"^[0-9]{1,15}\.[0-9a-f-]{1,36}$", nullable = false)]
    pub(crate) after: Option<CursorText>,
}

/// A page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Listed)]
pub(crate) struct ItemPage<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Hand back as `after` for what follows; none: this is the end.
    #[schema(value_type = Option<String>)]
    pub(crate) next: Option<CursorText>,
}

impl PageParams {
    /// As the use cases take it.
    pub(crate) fn asked<T: FromStr>(&self) -> ApiResult<PageRequest<T>> {
        Ok(PageRequest::asked(self.limit, self.after.as_ref())?)
    }
}

impl<B> ItemPage<B> {
    /// As answered.
    pub(crate) fn of<I, T: fmt::Display>(found: &PageResult<I, T>, body: impl FnMut(&I) -> B) -> Self {
        Self {
            items: found.items.iter().map(body).collect(),
            next: found.next.as_ref().map(CursorText::from),
        }
    }
}
