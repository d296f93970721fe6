//! The emergency text: over everything, on every display, in every language, until somebody ends it.
//!
//! Shown first and written down then: nobody waits for a disk while a house burns. A power cut does not end it.

use super::stored_text;
use crate::words;
use edge_kernel::{Port, Refusal, Table};
use protocol::{Lang, lang::Names};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::watch;

/// Key in the table.
const KEY: &str = "emergency";

/// What is shown over everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmergencyNotice {
    /// "Leave the building", in words of ours.
    Evacuate,
    /// Words of the site's own.
    Own(Names),
}

/// One language of a notice, as the display's script reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeText {
    lang: Lang,
    text: String,
}

impl NoticeText {
    /// The language it is in.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl EmergencyNotice {
    /// In every language it is given in, each text once.
    pub fn texts(&self) -> Vec<NoticeText> {
        match self {
            EmergencyNotice::Evacuate => {
                let text = |lang| NoticeText {
                    lang,
                    text: words::evacuate(lang).to_owned(),
                };
                Lang::ALL.map(text).into()
            }
            EmergencyNotice::Own(names) => texts_of(names),
        }
    }
}

/// A text of the site's own in every language it is given in.
pub(super) fn texts_of(names: &Names) -> Vec<NoticeText> {
    let text = |(lang, text): (&Lang, &String)| NoticeText {
        lang: *lang,
        text: text.clone(),
    };
    names.given().iter().map(text).collect()
}

/// Whether there is an emergency.
#[derive(Debug, Clone)]
pub struct Emergency {
    port: Port,
    notice: Arc<watch::Sender<Option<EmergencyNotice>>>,
}

impl Emergency {
    /// Nothing is shown; see [`Emergency::recover`].
    pub fn new(port: Port) -> Self {
        Self {
            port,
            notice: Arc::new(watch::Sender::new(None)),
        }
    }

    /// What was in force before a restart.
    pub async fn recover(&self) {
        if let Some(notice) = stored_text::read(&self.port, KEY).await {
            self.notice.send_replace(Some(notice));
        }
    }

    /// Begins one, replaces it, or ends it. Shown at once; an error says that a restart would forget it.
    pub async fn set(&self, notice: Option<EmergencyNotice>) -> Result<(), Refusal> {
        self.show(notice).1.await
    }

    /// The same in two: it is shown when this answers, and whoever holds the receiver hears of everything newer; the
    /// rest writes it down.
    pub(crate) fn show(
        &self,
        notice: Option<EmergencyNotice>,
    ) -> (
        watch::Receiver<Option<EmergencyNotice>>,
        impl Future<Output = Result<(), Refusal>>,
    ) {
        let bytes = notice.as_ref().and_then(|notice| serde_json::to_vec(notice).ok());
        self.notice.send_replace(notice);
        let newer = self.notice.subscribe();
        let port = self.port.clone();
        (
            newer,
            async move { port.store(Table::Local, KEY.to_owned(), bytes).await },
        )
    }

    /// What is shown over everything, as it changes.
    pub fn watch(&self) -> watch::Receiver<Option<EmergencyNotice>> {
        self.notice.subscribe()
    }
}
