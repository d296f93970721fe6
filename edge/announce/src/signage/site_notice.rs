//! A calm text at the foot of every display, for a time: "the cash desk closes at five today".
//!
//! It covers no call and says nothing aloud. It is on disk before anybody is told, a restart goes on showing it, and it is
//! gone when its time is over, also where the box was off meanwhile. A new one replaces the one before, and the box's own page
//! takes it down.

use super::{
    emergency::{NoticeText, texts_of},
    stored_text,
};
use edge_kernel::{Port, Refusal, Table};
use protocol::{Timestamp, lang::Names};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Key in the table [`Table::Local`].
const KEY: &str = "notice";

/// A text and when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteNotice {
    text: Names,
    until: Timestamp,
}

impl SiteNotice {
    /// In every language it is given in; none where its time is over at `now`.
    pub fn texts_at(&self, now: Timestamp) -> Option<Vec<NoticeText>> {
        (now < self.until).then(|| texts_of(&self.text))
    }
}

/// The notice of the site, if there is one.
#[derive(Debug, Clone)]
pub struct SiteNotices {
    port: Port,
    notice: Arc<watch::Sender<Option<SiteNotice>>>,
}

impl SiteNotices {
    /// Nothing is shown; see [`SiteNotices::recover`].
    pub fn new(port: Port) -> Self {
        Self {
            port,
            notice: Arc::new(watch::Sender::new(None)),
        }
    }

    /// What was shown before a restart.
    pub async fn recover(&self) {
        if let Some(notice) = stored_text::read(&self.port, KEY).await {
            self.notice.send_replace(Some(notice));
        }
    }

    /// Shows `text` for `lasts` from now on; on disk when this answers, and shown only then.
    pub async fn show(&self, text: Names, lasts: Duration) -> Result<(), Refusal> {
        let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        let now = self.port.clock().now().as_millis();
        let notice = SiteNotice {
            text,
            until: Timestamp::from_millis(now.saturating_add(lasts)),
        };
        let bytes = serde_json::to_vec(&notice).map_err(|error| Refusal::Storage(error.to_string()))?;
        self.port.store(Table::Local, KEY.to_owned(), Some(bytes)).await?;
        self.notice.send_replace(Some(notice));
        Ok(())
    }

    /// Takes it down; a restart does not bring it back.
    pub async fn end(&self) -> Result<(), Refusal> {
        self.port.store(Table::Local, KEY.to_owned(), None).await?;
        self.notice.send_replace(None);
        Ok(())
    }

    /// The notice, as it changes. Whoever shows it asks it for its texts, of which there are none once its time is over.
    pub fn watch(&self) -> watch::Receiver<Option<SiteNotice>> {
        self.notice.subscribe()
    }
}
