//! The seam by which a domain brings its screens to the kiosk, and what happens from touch to touch.
//!
//! A step that is done twice, because its answer was lost, leads to the same screen: flows must see to that.

use crate::{
    home,
    visit::{Visit, VisitPlace, Visits},
};
use axum::http::StatusCode;
use edge_lan::{LanPart, LanState, Problem, secret};
use futures_util::future::BoxFuture;
use maud::{Markup, html};
use protocol::{Lang, id::ScreenId};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Why somebody sees the same screen again.
pub type ScreenNote = Option<&'static str>;

/// What somebody touched, and what goes with it. The kiosk's own are `begin`, `back`, `staff` and `look`.
pub struct Touch {
    /// The word of the button, e.g. `service`.
    pub act: String,
    /// Which of several, or what was typed.
    pub value: String,
}

/// The kiosk that asks.
#[derive(Debug, Clone, Copy)]
pub struct KioskClient<'a> {
    /// Its id.
    pub screen: &'a ScreenId,
    /// What it calls the edge.
    pub host: Option<&'a str>,
}

/// What stands on the kiosk while nobody is there.
#[derive(Debug)]
pub struct IdleScreen {
    /// The language the site begins with.
    pub lang: Lang,
    /// The site's name.
    pub name: String,
    /// The time of day, `14:05`.
    pub clock: String,
    /// The screen.
    pub screen: Markup,
    /// The screen without the time: a kiosk that nobody uses loads its page again where it changes.
    pub timeless: Markup,
}

impl IdleScreen {
    /// Changes with the screen, the time apart.
    pub(crate) fn mark(&self) -> String {
        let hash = secret::hash(&format!("{}{}", self.name, self.timeless.0));
        hash.chars().take(12).collect()
    }
}

/// A card on the screen that asks what somebody came for.
#[derive(Debug, Clone, Copy)]
pub struct HomeCard {
    /// The word of its touch.
    pub act: &'static str,
    /// Its drawing.
    pub icon: &'static str,
    /// What it says.
    pub name: &'static str,
}

/// What a domain does with a visit. What it remembers of one it keeps in the visit, and nowhere else.
pub trait KioskFlow: Send + Sync + 'static {
    /// Its name; no two flows have the same.
    fn name(&self) -> &'static str;
    /// What stands on the kiosk while nobody is there; none: another flow's.
    fn idle(&self) -> BoxFuture<'_, Result<Option<IdleScreen>, Problem>>;
    /// Its cards on the screen that asks what somebody came for.
    fn cards(&self, lang: Lang) -> BoxFuture<'_, Result<Vec<HomeCard>, Problem>>;
    /// Whether a touch is one of its own, and whole.
    fn understands(&self, touch: &Touch) -> bool;
    /// Does what was touched: one of its own touches, or `back`.
    fn take<'a>(
        &'a self,
        visit: &'a mut Visit,
        touch: Touch,
        station: KioskClient<'a>,
    ) -> BoxFuture<'a, Result<ScreenNote, Problem>>;
    /// Whether the visit has got something from it already, though nobody remembers: the edge was restarted.
    fn recover<'a>(&'a self, visit: &'a mut Visit, station: KioskClient<'a>) -> BoxFuture<'a, Result<bool, Problem>>;
    /// The screen a visit has got to; none: it is not with this flow (any more).
    fn show<'a>(
        &'a self,
        visit: &'a Visit,
        note: ScreenNote,
        station: KioskClient<'a>,
    ) -> BoxFuture<'a, Result<Option<Markup>, Problem>>;
    /// Calls somebody to the kiosk; whether that is one of its duties.
    fn call_staff<'a>(&'a self, lang: Lang, station: KioskClient<'a>) -> BoxFuture<'a, Result<bool, Problem>>;
}

/// The flows that areas brought, and the visits at all kiosks.
pub struct KioskFlows {
    flows: Mutex<Vec<Arc<dyn KioskFlow>>>,
    visits: Visits,
}

impl LanPart for KioskFlows {
    fn new(_: &LanState) -> Self {
        Self {
            flows: Mutex::default(),
            visits: Visits::default(),
        }
    }
}

impl fmt::Debug for KioskFlows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.all().iter().map(|flow| flow.name()).collect();
        f.debug_tuple("KioskFlows").field(&names).finish()
    }
}

impl KioskFlows {
    /// An area brings its flow, in place of one of the same name.
    pub fn bring(&self, flow: Arc<dyn KioskFlow>) {
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.retain(|known| known.name() != flow.name());
        flows.push(flow);
    }

    /// The visits at all kiosks.
    pub fn visits(&self) -> &Visits {
        &self.visits
    }

    fn all(&self) -> Vec<Arc<dyn KioskFlow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn idle(&self) -> Result<IdleScreen, Problem> {
        for flow in self.all() {
            if let Some(idle) = flow.idle().await? {
                return Ok(idle);
            }
        }
        Ok(IdleScreen {
            lang: Lang::default(),
            name: "Ostona".to_owned(),
            clock: String::new(),
            screen: html! {},
            timeless: html! {},
        })
    }
}

/// A touch as it was understood.
pub(crate) enum KioskStep {
    Begin,
    Back,
    Staff,
    Look,
    /// One of a flow's own.
    Flow(Arc<dyn KioskFlow>, Touch),
}

/// One kiosk at work on one request.
pub(crate) struct FlowDispatcher<'a> {
    flows: Vec<Arc<dyn KioskFlow>>,
    station: KioskClient<'a>,
}

impl<'a> FlowDispatcher<'a> {
    pub(crate) fn new(flows: &KioskFlows, station: KioskClient<'a>) -> Self {
        Self {
            flows: flows.all(),
            station,
        }
    }

    /// None: nobody understands it.
    pub(crate) fn read(&self, touch: Touch) -> Option<KioskStep> {
        Some(match touch.act.as_str() {
            "begin" => KioskStep::Begin,
            "back" => KioskStep::Back,
            "staff" => KioskStep::Staff,
            "look" => KioskStep::Look,
            _ => {
                let flow = self.flows.iter().find(|flow| flow.understands(&touch))?;
                KioskStep::Flow(Arc::clone(flow), touch)
            }
        })
    }

    /// Does a step.
    pub(crate) async fn take(&self, visit: &mut Visit, step: KioskStep) -> Result<ScreenNote, Problem> {
        match step {
            KioskStep::Look => {}
            KioskStep::Begin => visit.place = VisitPlace::Home,
            KioskStep::Staff => {
                self.call_staff(visit.lang()).await?;
                visit.place = VisitPlace::Staff;
            }
            KioskStep::Back => match self.flow_of(visit) {
                Some(flow) => {
                    let touch = Touch {
                        act: "back".to_owned(),
                        value: String::new(),
                    };
                    return flow.take(visit, touch, self.station).await;
                }
                None => visit.place = VisitPlace::Home,
            },
            KioskStep::Flow(flow, touch) => {
                let note = flow.take(visit, touch, self.station).await?;
                visit.place = VisitPlace::With(flow.name());
                return Ok(note);
            }
        }
        Ok(None)
    }

    async fn call_staff(&self, lang: Lang) -> Result<(), Problem> {
        for flow in &self.flows {
            if flow.call_staff(lang, self.station).await? {
                return Ok(());
            }
        }
        let detail = "Nobody can be called from here.";
        Err(Problem::new(
            StatusCode::NOT_FOUND,
            "urn:ostona:not-found",
            "Nothing here",
            detail,
        ))
    }

    fn flow_of(&self, visit: &Visit) -> Option<&Arc<dyn KioskFlow>> {
        match visit.place {
            VisitPlace::With(name) => self.flows.iter().find(|flow| flow.name() == name),
            VisitPlace::Home | VisitPlace::Staff => None,
        }
    }

    /// The screen a visit has got to.
    pub(crate) async fn show(&self, visit: &mut Visit, note: ScreenNote) -> Result<Markup, Problem> {
        if visit.place == VisitPlace::Staff {
            return Ok(home::staff(visit.lang()));
        }
        for flow in &self.flows {
            if flow.recover(visit, self.station).await? {
                visit.place = VisitPlace::With(flow.name());
            }
        }
        if let Some(flow) = self.flow_of(visit)
            && let Some(screen) = flow.show(visit, note, self.station).await?
        {
            return Ok(screen);
        }
        let mut cards = Vec::new();
        for flow in &self.flows {
            cards.extend(flow.cards(visit.lang()).await?);
        }
        Ok(home::need(visit.lang(), &cards))
    }
}
