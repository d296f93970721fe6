//! In the API's description: every operation may be refused with a problem.

use std::collections::BTreeMap;
use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response as ResponseDoc, ResponseBuilder},
};

/// In the API's description: every operation may be refused with a problem.
#[derive(Debug)]
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        let of = |range: &str, text: &str| {
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let response = ResponseBuilder::new()
                .description(text)
                .content("application/problem+json", content);
            (range.to_owned(), RefOr::T(response.build()))
        };
        BTreeMap::from([
            of("4XX", "Refused; `type` says why."),
            of("5XX", "Something failed on our side."),
        ])
    }
}
