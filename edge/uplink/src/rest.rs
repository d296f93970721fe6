//! The control channel by requests, for where WebSockets do not get through: a long poll down, small posts up.
//!
//! The same conversation with the same promises, some hundreds of milliseconds slower.

use crate::{
    client::{CallBody, CallError, CloudCall},
    control::{ChannelEnd, ChannelProgress, ControlChannel, InflightRequests, parse},
    link::ControlTransport,
    socket::chain,
};
use protocol::control::{CloudMessage, EdgeMessage, HelloVersion, INBOX_PATH, OUTBOX_PATH, POLL_SECONDS};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// A slow document does not keep the inbox closed for longer than this; being sent it again does no harm.
const GRACE: Duration = Duration::from_secs(1);

/// A round of polling that brought nothing takes at least this part of the first wait after a failure.
const HASTE: u32 = 4;

/// Talks until something ends it, or it is time to try a socket again.
pub(crate) async fn converse(control: &ControlChannel, shutdown: &CancellationToken) -> ChannelEnd {
    let mut progress = ChannelProgress::Nothing;
    let ended = tokio::select! {
        () = shutdown.cancelled() => return ChannelEnd::Stopping,
        () = tokio::time::sleep(control.timing.socket_retry) => return ChannelEnd::TrySocket,
        ended = exchange(control, &mut progress) => ended,
    };
    match ended {
        ChannelEnd::Lost { why, .. } => ChannelEnd::Lost { why, after: progress },
        ChannelEnd::Stopping
        | ChannelEnd::Refused(_)
        | ChannelEnd::Rejoin
        | ChannelEnd::NewKey(_)
        | ChannelEnd::Blocked(_)
        | ChannelEnd::TrySocket => ended,
    }
}

async fn exchange(control: &ControlChannel, progress: &mut ChannelProgress) -> ChannelEnd {
    match attempt(control, progress).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn attempt(
    control: &ControlChannel,
    progress: &mut ChannelProgress,
) -> Result<std::convert::Infallible, ChannelEnd> {
    post(control, vec![control.hello().await?]).await?;
    if control.hello >= HelloVersion::DIGEST {
        list_documents(control).await?;
    }
    let mut inflight = InflightRequests::new(control);
    let mut beat = tokio::time::interval(control.timing.heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (asked, mut answers) = (Instant::now(), 0);
        let poll = poll(control);
        tokio::pin!(poll);
        let message = loop {
            tokio::select! {
                message = &mut poll => break message?,
                _ = beat.tick() => post(control, vec![control.heartbeat()]).await?,
                answer = inflight.answer() => answers += post_answer(control, answer?).await?,
            }
        };
        *progress = ChannelProgress::Welcomed;
        control.contact(ControlTransport::Rest).await;
        for (message, bytes) in message {
            inflight.begin(message, asked, bytes);
        }
        let grace = tokio::time::sleep(GRACE);
        tokio::pin!(grace);
        while !inflight.is_empty() {
            tokio::select! {
                answer = inflight.answer() => answers += post_answer(control, answer?).await?,
                () = &mut grace => break,
            }
        }
        if answers == 0 {
            // Nothing came of it: an inbox that is empty at once, or holds what the kernel does not take now.
            tokio::time::sleep_until(asked + control.timing.backoff / HASTE).await;
        }
    }
}

/// What the cloud says, each with the bytes of its text.
async fn poll(control: &ControlChannel) -> Result<Vec<(CloudMessage, usize)>, ChannelEnd> {
    /// An inbox whose messages are read one by one, so that one of a newer kind does not hide the others.
    #[derive(Deserialize)]
    struct RawInbox<'a> {
        #[serde(borrow)]
        messages: Vec<&'a RawValue>,
    }
    let doing = "read the inbox";
    let wait = Duration::from_secs(POLL_SECONDS);
    let answer = control
        .cloud
        .call(&CloudCall {
            doing,
            path: INBOX_PATH,
            body: CallBody::Nothing,
            wait,
        })
        .await
        .map_err(|error| ended(&error))?;
    if answer.is_empty() {
        return Ok(Vec::new());
    }
    let inbox: RawInbox<'_> =
        serde_json::from_slice(&answer).map_err(|source| ended(&CallError::Answer { doing, source }))?;
    Ok(inbox
        .messages
        .into_iter()
        .filter_map(|message| Some((parse(message.get())?, message.get().len())))
        .collect())
}

/// Says how many answers there were.
async fn post_answer(control: &ControlChannel, answer: Option<EdgeMessage>) -> Result<usize, ChannelEnd> {
    let answers: Vec<EdgeMessage> = answer.into_iter().collect();
    let count = answers.len();
    if count > 0 {
        post(control, answers).await?;
    }
    Ok(count)
}

/// Says what is held, range by range: on this road the cloud cannot ask.
async fn list_documents(control: &ControlChannel) -> Result<(), ChannelEnd> {
    let mut after = None;
    loop {
        let (page, next) = control.held_documents(after).await?;
        post(control, vec![page]).await?;
        match next {
            Some(upto) => after = Some(upto),
            None => return Ok(()),
        }
    }
}

async fn post(control: &ControlChannel, message: Vec<EdgeMessage>) -> Result<(), ChannelEnd> {
    let doing = "post to the outbox";
    let body = serde_json::to_vec(&message).map_err(|source| ended(&CallError::Answer { doing, source }))?;
    let call = CloudCall {
        doing,
        path: OUTBOX_PATH,
        body: CallBody::Json(body.into()),
        wait: Duration::ZERO,
    };
    control.cloud.call(&call).await.map_err(|error| ended(&error))?;
    control.contact(ControlTransport::Rest).await;
    Ok(())
}

fn ended(error: &CallError) -> ChannelEnd {
    match error {
        CallError::Refused(refused) => ChannelEnd::Refused(*refused),
        CallError::Rejoin => ChannelEnd::Rejoin,
        CallError::Unreachable { .. }
        | CallError::ClockSkew
        | CallError::Status { .. }
        | CallError::Answer { .. }
        | CallError::TooLong { .. } => ChannelEnd::Lost {
            why: chain(error),
            after: ChannelProgress::Nothing,
        },
    }
}
