//! The `Date` header: by the edge's clock, not the machine's, because devices set their own clocks by it.
//!
//! A box that does not know the date says none (RFC 9110 §6.6.1): it would turn every terminal back to its own mistake.

use crate::LanState;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use protocol::Timestamp;

/// 2026-01-01: a box that thinks it is earlier has just started without a clock battery.
const PLAUSIBLE: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Dates every answer.
pub(crate) async fn stamp(State(lan): State<LanState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(date) = date(lan.port().clock().now()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// A moment as HTTP writes it, e.g. `Fri, 20 Nov 2026 09:00:00 GMT`.
fn date(now: Timestamp) -> Option<HeaderValue> {
    let moment = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    let plausible = now >= PLAUSIBLE;
    plausible
        .then(|| moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .and_then(|text| HeaderValue::from_str(&text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_http_does_and_an_impossible_one_not_at_all() {
        let noon = date(Timestamp::from_millis(1_795_165_200_000)).expect("a date");
        assert_eq!(noon, "Fri, 20 Nov 2026 09:00:00 GMT");
        assert_eq!(date(Timestamp::from_millis(86_400_000)), None);
    }
}
