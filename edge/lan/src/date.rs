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
use protocol::{ClockState, Timestamp};

/// Dates every answer.
pub(crate) async fn stamp(State(lan): State<LanState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let clock = lan.port().clock();
    if let Some(date) = date(clock.now(), clock.state()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// A moment as HTTP writes it, e.g. `Fri, 20 Nov 2026 09:00:00 GMT`.
fn date(now: Timestamp, clock: ClockState) -> Option<HeaderValue> {
    if clock == ClockState::Estimated {
        return None;
    }
    let moment = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    HeaderValue::from_str(&moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_http_does_and_an_estimated_one_not_at_all() {
        let noon = Timestamp::from_millis(1_795_165_200_000);
        assert_eq!(
            date(noon, ClockState::Synced).expect("a date"),
            "Fri, 20 Nov 2026 09:00:00 GMT"
        );
        assert_eq!(date(noon, ClockState::Estimated), None);
    }
}
