//! A device on paper: answers requests from a small state that scripts change. No sockets, no clock but tokio's.

use adapter_sdk::http::{BodyStream, Http, HttpError, Request, Response};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::mpsc;

/// How a request to something fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestBehaviour {
    Fine,
    /// No answer.
    Hangs,
    /// 404, as while a slot is held.
    Busy,
    /// Bytes that are nothing.
    Garbage,
    /// No connection.
    Gone,
}

/// What it makes of our password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialCheck {
    Right,
    Wrong,
    /// Locked for so many seconds.
    Locked(u64),
    /// Offers Basic only.
    BasicOnly,
    /// Refuses the first signed request of each exchange, once.
    RefusesOnce,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) line: RequestBehaviour,
    pub(super) stream: RequestBehaviour,
    pub(super) door: RequestBehaviour,
    pub(super) belief: CredentialCheck,
    pub(super) log: Vec<(u64, u32, u32)>,
    pub(super) replays: bool,
    pub(super) searchable: bool,
    /// So many searches find nothing, whatever there is.
    pub(super) dozes: u32,
    pub(super) drift_s: i64,
    pub(super) slots: Vec<(String, String)>,
    /// Requests that change or search something, and those that show the password.
    pub(super) wire: Vec<String>,
    /// How many requests were signed.
    pub(super) signed: u32,
    streams: Vec<mpsc::UnboundedSender<Bytes>>,
    nonces: u64,
    used: BTreeSet<String>,
    refused_once: bool,
}

/// Shared between the script and the line.
#[derive(Debug, Clone)]
pub(super) struct Device(Arc<Mutex<State>>);

impl Device {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            line: RequestBehaviour::Fine,
            stream: RequestBehaviour::Fine,
            door: RequestBehaviour::Fine,
            belief: CredentialCheck::Right,
            log: Vec::new(),
            replays: true,
            searchable: true,
            dozes: 0,
            drift_s: 0,
            slots: vec![("/hik".into(), "203.0.113.9".into()), (String::new(), "0.0.0.0".into())],
            wire: Vec::new(),
            signed: 0,
            streams: Vec::new(),
            nonces: 0,
            used: BTreeSet::new(),
            refused_once: false,
        })))
    }
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics holding it")
    }
    /// Writes an entry into the log and onto the stream.
    pub(super) fn happen(&self, number: u64, minor: u32) {
        let mut state = self.state();
        state.log.push((number, 5, minor));
        state.say(part(&stream_json((number, 5, minor), true)));
    }
    /// The same, naming the entry before it.
    pub(super) fn happen_after(&self, front: u64, number: u64) {
        let mut state = self.state();
        state.log.push((number, 5, 75));
        state.say(part(&stream_json_after(Some(front), (number, 5, 75), true)));
    }
    pub(super) fn say(&self, bytes: Vec<u8>) {
        self.state().say(bytes);
    }
    /// Ends the streams that are open.
    pub(super) fn cut(&self) {
        self.state().streams.clear();
    }
}

impl State {
    fn say(&mut self, bytes: Vec<u8>) {
        let bytes = Bytes::from(bytes);
        self.streams.retain(|stream| stream.send(bytes.clone()).is_ok());
    }
}

pub(super) fn part(body: &str) -> Vec<u8> {
    format!("--MIME_boundary\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{body}\r\n").into_bytes()
}

pub(super) fn stream_json(entry: (u64, u32, u32), live: bool) -> String {
    stream_json_after(None, entry, live)
}

/// With `frontSerialNo`, as newer firmwares say it.
pub(super) fn stream_json_after(front: Option<u64>, (number, major, minor): (u64, u32, u32), live: bool) -> String {
    json!({
        "dateTime": format!("2026-11-20T14:00:{:02}+05:00", number % 60),
        "eventType": "AccessControllerEvent",
        "eventState": "active",
        "AccessControllerEvent": {
            "majorEventType": major, "subEventType": minor, "serialNo": number, "frontSerialNo": front, "currentEvent": live,
            "name": "Somebody Known", "cardNo": "1234567", "employeeNoString": "42", "doorNo": 1,
        }
    })
    .to_string()
}

#[derive(Debug)]
struct Stream(mpsc::UnboundedReceiver<Bytes>);

#[async_trait]
impl BodyStream for Stream {
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        Ok(self.0.recv().await)
    }
}

#[async_trait]
impl Http for Device {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let answer = self.state().answer(&request);
        match answer {
            Some(answer) => answer,
            None => {
                tokio::time::sleep(request.timeout).await;
                Err(HttpError::Timeout(request.timeout))
            }
        }
    }
}

impl State {
    /// `None`: never.
    fn answer(&mut self, request: &Request) -> Option<Result<Response, HttpError>> {
        match self.line {
            RequestBehaviour::Gone => return Some(Err(HttpError::Connect("refused".into()))),
            RequestBehaviour::Hangs => return None,
            RequestBehaviour::Fine | RequestBehaviour::Busy | RequestBehaviour::Garbage => {}
        }
        let signed = request
            .headers
            .get("authorization")
            .map(|value| value.to_str().expect("text").to_owned());
        self.signed += u32::from(signed.is_some());
        if request.method != Method::GET || signed.as_deref().is_some_and(|value| value.starts_with("Basic")) {
            let how = signed
                .as_deref()
                .map_or("unsigned", |value| value.split(' ').next().unwrap_or(""));
            let mut line = format!("{} {} {how}", request.method, request.target);
            if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
                let asked = &body["AcsEventCond"];
                let _ = write!(
                    line,
                    " {}..={} from {} by {}",
                    asked["beginSerialNo"], asked["endSerialNo"], asked["searchResultPosition"], asked["maxResults"]
                );
            }
            self.wire.push(line);
        }
        if let Some(refusal) = self.refuse(signed.as_deref()) {
            return Some(Ok(refusal));
        }
        self.route(request)
    }

    fn refuse(&mut self, signed: Option<&str>) -> Option<Response> {
        let nonce = signed.and_then(|value| value.split("nonce=\"").nth(1)?.split('"').next());
        let fresh = nonce.is_some_and(|nonce| self.used.insert(nonce.to_owned()));
        let body = match self.belief {
            CredentialCheck::Right if fresh => return None,
            CredentialCheck::BasicOnly if signed == Some("Basic YWRtaW46c2VjcmV0") => return None,
            CredentialCheck::RefusesOnce if fresh && self.refused_once => {
                self.refused_once = false;
                return None;
            }
            CredentialCheck::RefusesOnce => {
                self.refused_once |= fresh;
                String::new()
            }
            CredentialCheck::Locked(seconds) => {
                format!("<userCheck><lockStatus>lock</lockStatus><unlockTime>{seconds}</unlockTime></userCheck>")
            }
            CredentialCheck::Right | CredentialCheck::Wrong | CredentialCheck::BasicOnly => {
                "<userCheck><lockStatus>unlock</lockStatus></userCheck>".into()
            }
        };
        self.nonces += 1;
        let challenge = match self.belief {
            CredentialCheck::BasicOnly => "Basic realm=\"x\"".to_owned(),
            CredentialCheck::Right
            | CredentialCheck::Wrong
            | CredentialCheck::Locked(_)
            | CredentialCheck::RefusesOnce => {
                format!(
                    "Digest realm=\"x\", domain=\"::\", qop=\"auth\", nonce=\"n{}\", opaque=\"\", algorithm=\"MD5\", stale=\"FALSE\"",
                    self.nonces
                )
            }
        };
        let mut headers = HeaderMap::new();
        headers.insert("www-authenticate", challenge.parse().expect("a header"));
        Some(whole(StatusCode::UNAUTHORIZED, headers, body))
    }

    fn route(&mut self, request: &Request) -> Option<Result<Response, HttpError>> {
        let path = request.target.split('?').next().unwrap_or("");
        let ok = |body: String| Some(Ok(whole(StatusCode::OK, HeaderMap::new(), body)));
        let not_found = || Some(Ok(whole(StatusCode::NOT_FOUND, HeaderMap::new(), String::new())));
        match (request.method.as_str(), path) {
            ("GET", "/ISAPI/System/deviceInfo") => ok(
                "<DeviceInfo xmlns=\"http://www.isapi.org/ver20/XMLSchema\"><serialNumber>SN1</serialNumber>\
                 <model>DS-K1T342MWX</model><firmwareVersion>V3.16.1</firmwareVersion></DeviceInfo>"
                    .into(),
            ),
            ("GET", "/ISAPI/AccessControl/RemoteControl/door/capabilities") => {
                ok("<RemoteControlDoor><doorNo min=\"1\" max=\"1\"/><cmd opt=\"open,close,alwaysOpen,alwaysClose\"/></RemoteControlDoor>".into())
            }
            ("GET", "/ISAPI/AccessControl/AcsEvent/capabilities") => {
                ok(json!({"AcsEvent": {"AcsEventCond": {"maxResults": {"@min": 1, "@max": 3}}}}).to_string())
            }
            ("GET", "/ISAPI/System/time") => ok(self.time()),
            ("PUT", "/ISAPI/System/time") => {
                self.drift_s = 0;
                ok(String::new())
            }
            ("POST", "/ISAPI/AccessControl/AcsEvent") if self.searchable => ok(self.search(&request.body)),
            ("GET", "/ISAPI/Event/notification/alertStream") => match self.stream {
                RequestBehaviour::Fine => Some(Ok(self.open_stream())),
                RequestBehaviour::Garbage => ok("<html>".into()),
                RequestBehaviour::Busy | RequestBehaviour::Hangs | RequestBehaviour::Gone => not_found(),
            },
            ("GET", "/ISAPI/Event/notification/httpHosts") => ok(self.hosts()),
            ("PUT", "/ISAPI/Event/notification/httpHosts/2") => {
                self.slots[1] = ("/push/gate/secret".into(), "10.0.0.2".into());
                ok(String::new())
            }
            ("PUT", _) => match self.door {
                RequestBehaviour::Fine => ok("<ResponseStatus><statusCode>1</statusCode></ResponseStatus>".into()),
                RequestBehaviour::Hangs => None,
                RequestBehaviour::Busy => ok("<ResponseStatus><statusCode>2</statusCode><subStatusCode>deviceBusy</subStatusCode></ResponseStatus>".into()),
                RequestBehaviour::Gone => Some(Err(HttpError::Broken("cut".into()))),
                RequestBehaviour::Garbage => not_found(),
            },
            _ => not_found(),
        }
    }

    fn open_stream(&mut self) -> Response {
        let (sender, receiver) = mpsc::unbounded_channel();
        if self.replays {
            for entry in &self.log {
                let _ = sender.send(Bytes::from(part(&stream_json(*entry, false))));
            }
        }
        self.streams.push(sender);
        let mut headers = HeaderMap::new();
        headers.insert(
            "content-type",
            "multipart/mixed; boundary=MIME_boundary".parse().expect("a header"),
        );
        Response {
            status: StatusCode::OK,
            headers,
            body: Box::new(Stream(receiver)),
        }
    }

    fn search(&mut self, body: &[u8]) -> String {
        let awake = self.dozes == 0;
        self.dozes = self.dozes.saturating_sub(1);
        let body: Value = serde_json::from_slice(body).expect("a search");
        let asked = |key: &str| body["AcsEventCond"][key].as_u64().expect("a number");
        let numbers = asked("beginSerialNo")..=asked("endSerialNo");
        let found: Vec<_> = self
            .log
            .iter()
            .filter(|(number, ..)| awake && numbers.contains(number))
            .collect();
        let page = found
            .iter()
            .skip(asked("searchResultPosition") as usize)
            .take(asked("maxResults").min(3) as usize);
        let rows: Vec<Value> = page
            .map(|(number, major, minor)| {
                json!({"major": major, "minor": minor, "serialNo": number, "time": "2026-11-20T13:00:00+05:00",
                       "employeeNoString": "42", "name": "Somebody Known"})
            })
            .collect();
        let end = asked("searchResultPosition") as usize + rows.len();
        let status = if rows.is_empty() {
            "NO MATCH"
        } else if end < found.len() {
            "MORE"
        } else {
            "OK"
        };
        json!({"AcsEvent": {"searchID": body["AcsEventCond"]["searchID"], "responseStatusStrg": status,
               "numOfMatches": rows.len(), "totalMatches": found.len(), "InfoList": rows}})
        .to_string()
    }

    fn time(&self) -> String {
        let now = super::harness::now() + self.drift_s * 1000;
        let now = jiff::Timestamp::from_millisecond(now).expect("a time");
        let local = jiff::tz::Offset::constant(5)
            .to_datetime(now)
            .strftime("%Y-%m-%dT%H:%M:%S")
            .to_string();
        format!(
            "<Time><timeMode>manual</timeMode><localTime>{local}+05:00</localTime><timeZone>CST-5:00:00</timeZone></Time>"
        )
    }

    fn hosts(&self) -> String {
        let slots: String = (1..).zip(&self.slots).map(|(id, (url, address))| {
            format!("<HttpHostNotification><id>{id}</id><url>{url}</url><ipAddress>{address}</ipAddress><portNo>8080</portNo></HttpHostNotification>")
        }).collect();
        format!("<HttpHostNotificationList>{slots}</HttpHostNotificationList>")
    }
}

#[derive(Debug)]
struct WholeBody(Option<Bytes>);

#[async_trait]
impl BodyStream for WholeBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        Ok(self.0.take())
    }
}

fn whole(status: StatusCode, headers: HeaderMap, body: String) -> Response {
    Response {
        status,
        headers,
        body: Box::new(WholeBody(Some(body.into()))),
    }
}
