//! The devices' wiring: drivers to kernel, kernel to drivers, documents to both. One task owns it all.

use crate::{
    access,
    commands::{self, Executors},
    commissioning::control::Inquiry,
    enlist::{CheckedDevice, chain},
    export::Exporter,
    prints,
    publisher::{DesiredPublication, DesiredSettings},
    settings::DeviceSpec,
};
use adapter_sdk::{CallAnswer, DriverReport, InboundCall, InboundPush, ReportError, State};
use edge_announce::Displays;
use edge_broker::{Broker, DeviceCredentials};
use edge_devices::{DriverEvent, Fleet};
use edge_kernel::{AppOrder, DevicePresence, Effect, Effects, FactEntry, Port, Refusal, roster::CommandOrder};
use edge_lan::{CallResponse, DeviceCall, DevicePush, KnownCallers};
use edge_uplink::Uplink;
use protocol::{
    Actor, DeviceId, Document, Fact,
    access::GateKeys,
    document::{DocumentFault, DocumentKind, DocumentReason, read},
    fact::AuthFailure,
    text::FirmwareVersion,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Everything that concerns devices.
pub(crate) struct Devices {
    pub(crate) port: Port,
    pub(crate) fleet: Fleet,
    pub(crate) broker: Broker,
    pub(crate) displays: Displays,
    pub(crate) uplink: Option<Uplink>,
    pub(crate) exporter: Exporter,
    pub(crate) credentials: watch::Sender<Arc<DeviceCredentials>>,
    /// Who may call the LAN port.
    pub(crate) callers: watch::Sender<Arc<KnownCallers>>,
    /// Where documents come to their end, see [`crate::publisher`].
    pub(crate) publisher: mpsc::Sender<DesiredPublication>,
    /// Why each device that is down went down last: a failed sign-in is told once.
    pub(crate) down: BTreeMap<DeviceId, &'static str>,
}

/// Everything that reaches the devices' wiring.
pub(crate) struct DeviceInputs {
    /// What the kernel wants done.
    pub(crate) effects: Effects,
    /// What drivers say.
    pub(crate) driver_events: mpsc::Receiver<DriverEvent>,
    /// What devices post.
    pub(crate) pushed: mpsc::Receiver<DevicePush>,
    /// What devices call for.
    pub(crate) called: mpsc::Receiver<DeviceCall>,
    /// What people at the box ask devices.
    pub(crate) inquiries: mpsc::Receiver<Inquiry>,
}

impl Devices {
    /// Works until `stop`; gives back what must be ended in order.
    pub(crate) async fn run(
        mut self,
        mut heard: DeviceInputs,
        stop: CancellationToken,
    ) -> (Fleet, Broker, Option<Uplink>) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return (self.fleet, self.broker, self.uplink),
                Some(effect) = heard.effects.recv() => self.take(effect).await,
                Some(happened) = heard.driver_events.recv() => self.hear(happened).await,
                Some(pushed) = heard.pushed.recv() => self.push(pushed),
                Some(called) = heard.called.recv() => self.forward_call(called),
                Some(inquiry) = heard.inquiries.recv() => self.fleet.ask(&inquiry.device, inquiry.ask),
            }
        }
    }

    async fn take(&mut self, effect: Effect) {
        match effect {
            Effect::Order { order, decided } => self.carry_out(order, decided),
            Effect::Apply(document) => {
                let result = self.apply(&document).await;
                if let Err(fault) = &result {
                    tracing::warn!(document = %document.id, version = document.version, %fault, "a document failed");
                }
                self.publish(DesiredPublication::Fresh(document, result)).await;
            }
        }
    }

    /// Has done what an app wants done.
    fn carry_out(&self, order: AppOrder, decided: Instant) {
        match order {
            AppOrder::Roster(CommandOrder { command, good_for }) => {
                let executors = Executors {
                    fleet: &self.fleet,
                    broker: &self.broker,
                    uplink: self.uplink.as_ref(),
                    displays: &self.displays,
                    port: &self.port,
                    exporter: &self.exporter,
                };
                commands::run(*command, decided + good_for, executors);
            }
            AppOrder::Prints(wish) => prints::run(*wish, &self.fleet, &self.port),
            AppOrder::Queue(never) | AppOrder::Access(never) => match never {},
        }
    }

    /// Commands do not wait for what is published meanwhile.
    pub(crate) async fn publish(&self, publication: DesiredPublication) {
        if self.publisher.send(publication).await.is_err() {
            tracing::error!("nobody publishes documents any more");
        }
    }

    /// Puts a device's document in force. The kernel hands nothing else over.
    async fn apply(&mut self, document: &Document) -> Result<Option<DesiredSettings>, DocumentFault> {
        if DocumentKind::of(&document.id) != Some(DocumentKind::Device) {
            return Err(DocumentFault::unsupported());
        }
        let invalid = |detail: String| DocumentFault::new(DocumentReason::Invalid, detail);
        let device = document.id.name().parse::<DeviceId>();
        let device = device.map_err(|error| invalid(error.to_string()))?;
        if document.withdrawn {
            self.withdraw(&device).await;
            return Ok(None);
        }
        DocumentKind::Device.check(&document.body)?;
        let spec: DeviceSpec = read(&document.body)?;
        let result = self.put(&device, &spec, document.version).await;
        result.map_err(|detail| DocumentFault::new(DocumentReason::Failed, detail))
    }

    /// Configures one device; nothing changes where the settings do not work. Tells what is to be published.
    async fn put(
        &mut self,
        device: &DeviceId,
        spec: &DeviceSpec,
        version: u64,
    ) -> Result<Option<DesiredSettings>, String> {
        let desired = self.drive(device, spec, version).await?;
        self.tell_callers();
        Ok(desired)
    }

    /// The same, and nobody is told yet who may call: at the start they all may already.
    pub(crate) async fn drive(
        &mut self,
        device: &DeviceId,
        spec: &DeviceSpec,
        version: u64,
    ) -> Result<Option<DesiredSettings>, String> {
        let checked = CheckedDevice::of(&self.fleet, device, spec)?;
        checked.enlist(&self.port).await?;
        match checked.driven {
            Some(config) => self.fleet.put(config).map_err(|error| chain(&error))?,
            None => self.fleet.remove(device),
        }
        self.credentials.send_modify(|credentials| match spec.token {
            Some(token) => Arc::make_mut(credentials).insert(device.clone(), token),
            None => Arc::make_mut(credentials).remove(device),
        });
        // What went wrong with the settings before is told anew with these.
        self.down.remove(device);
        Ok(spec.desired.clone().map(|settings| DesiredSettings {
            device: device.clone(),
            settings,
            version,
        }))
    }

    /// Says who may call the LAN port.
    pub(crate) fn tell_callers(&self) {
        let callers = self.fleet.callers();
        let callers: KnownCallers = callers
            .map(|(target, device)| ((target.prefix, target.name.to_string()), device.clone()))
            .collect();
        self.callers.send_if_modified(|known| {
            let changed = **known != callers;
            if changed {
                *known = Arc::new(callers);
            }
            changed
        });
    }

    async fn withdraw(&mut self, device: &DeviceId) {
        self.fleet.remove(device);
        if let Err(refusal) = access::configure(&self.port, device.clone(), GateKeys::default()).await {
            tracing::error!(%device, %refusal, "the keys of a device could not be withdrawn");
        }
        self.tell_callers();
        self.down.remove(device);
        self.credentials
            .send_modify(|credentials| Arc::make_mut(credentials).remove(device));
        self.note_presence(device, DevicePresence::Retired, None).await;
    }

    async fn hear(&mut self, happened: DriverEvent) {
        match happened {
            DriverEvent::DriverReport(device, DriverReport::Facts(observation)) => {
                let entries = observation.facts.into_iter().map(|seen| FactEntry {
                    fact: seen.fact,
                    replay: seen.replay,
                    origin: seen.origin,
                    corr: None,
                });
                let answer = self
                    .port
                    .record_later(Actor::Device { id: device }, entries.collect())
                    .await;
                tokio::spawn(async move {
                    let result = match answer {
                        Ok(answer) => answer.await.unwrap_or(Err(Refusal::Stopping)),
                        Err(refusal) => Err(refusal),
                    };
                    // A driver that ended meanwhile asks its device again.
                    let _ = observation.done.send(result.map_err(|refusal| refused(&refusal)));
                });
            }
            DriverEvent::DriverReport(device, DriverReport::State(State::Online { fw })) => {
                self.down.remove(&device);
                self.note_presence(&device, DevicePresence::Online, fw).await;
            }
            DriverEvent::DriverReport(device, DriverReport::State(State::Degraded { reason })) => {
                self.down.remove(&device);
                self.note_presence(&device, DevicePresence::Degraded { reason: reason.into() }, None)
                    .await;
            }
            DriverEvent::DriverReport(device, DriverReport::Alive) => self.port.renew_lease(device),
            DriverEvent::DriverReport(device, DriverReport::Question(question)) => {
                access::ask(device, question, &self.port)
            }
            DriverEvent::Down { device, reason, wait } => self.is_down(device, reason, wait).await,
        }
    }

    async fn is_down(&mut self, device: DeviceId, reason: &'static str, wait: Duration) {
        let offline = DevicePresence::Offline { reason: reason.into() };
        // Each time: the roster knows what is news, and the device may have been heard since.
        self.note_presence(&device, offline, None).await;
        if self.down.insert(device.clone(), reason) == Some(reason) {
            return;
        }
        let failure = |retry_after_s| AuthFailure {
            method: "device".into(),
            device: Some(device.clone()),
            ip: None,
            reason: reason.into(),
            retry_after_s,
        };
        let fact = match reason {
            "wrong_password" => Fact::AuthFailed(failure(None)),
            "locked_out" => Fact::AuthLocked(failure(Some(wait.as_secs()))),
            _ => return,
        };
        if let Err(refusal) = self.port.record_later(Actor::Edge, vec![fact.into()]).await {
            tracing::error!(%refusal, "a failed sign-in could not be recorded");
        }
    }

    async fn note_presence(&self, device: &DeviceId, presence: DevicePresence, fw: Option<FirmwareVersion>) {
        if let Err(refusal) = self.port.presence_later(device.clone(), presence, fw).await {
            tracing::error!(%device, %refusal, "a device's state could not be recorded");
        }
    }

    /// A device calls: its driver answers. Dropped, the device is told to try again.
    fn forward_call(&self, device_call: DeviceCall) {
        let Some(calls) = self.fleet.calls(&device_call.device) else {
            return;
        };
        let (answer, answered) = oneshot::channel();
        let call = InboundCall {
            method: device_call.method,
            path: device_call.path,
            query: device_call.query,
            body: device_call.body,
            answer,
        };
        if calls.try_send(call).is_ok() {
            tokio::spawn(put_back(device_call.response, answered));
        }
    }

    /// A device posted something: its driver reads it. Dropped, the device is told to send it again.
    fn push(&self, pushed: DevicePush) {
        let DevicePush {
            device,
            content_type,
            body,
            stored: taken,
        } = pushed;
        if let Some(pushes) = self.fleet.pushes(&device) {
            let _ = pushes.try_send(InboundPush {
                content_type,
                body,
                accepted: taken,
            });
        }
    }
}

/// What a driver answers goes back to the device that called; once that has hung up, the driver's answer is refused.
async fn put_back(mut device: oneshot::Sender<CallResponse>, driver: oneshot::Receiver<CallAnswer>) {
    let answer = tokio::select! {
        () = device.closed() => return,
        answer = driver => answer,
    };
    // Without an answer the device is told to try again.
    if let Ok(CallAnswer {
        status,
        content_type,
        body,
    }) = answer
    {
        let _ = device.send(CallResponse {
            status,
            content_type,
            body,
        });
    }
}

fn refused(refusal: &Refusal) -> ReportError {
    if *refusal == Refusal::Stopping {
        ReportError::Stopping
    } else {
        ReportError::NotNow(refusal.to_string())
    }
}
