// SPDX-License-Identifier: GPL-2.0

//! The engine: what it sends it keeps for a while, and sends again to who asks; what it misses of the
//! others it asks for.
//!
//! Zenoh carries everything in order, and waits for who is slow, as long as a connection lives. What a
//! broken one has lost, batches and their numbers tell.

use crate::batch::Label;
use crate::config;
use crate::inbox::Inbox;
use crate::logged;
use crate::options::Options;
use crate::outbox::Outbox;
use crate::window::Window;
use ipn_cable::{Arrival, Engine, Failure, Sent, Source, PATIENCE};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use zenoh::bytes::ZBytes;
use zenoh::config::{WhatAmI, ZenohId};
use zenoh::handlers::{FifoChannel, FifoChannelHandler};
use zenoh::key_expr::OwnedKeyExpr;
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;
use zenoh::query::{ConsolidationMode, Query, QueryTarget, Queryable};
use zenoh::sample::{Locality, Sample, SampleKind};
use zenoh::session::TransportEvent;
use zenoh::{Session, Wait};

/// How much is sent again at a time, in bytes: who wants more asks again.
const ANSWER: usize = 256 << 10;

/// For how long an answer is waited for.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked for what is missing, at least.
const TICK: Duration = Duration::from_millis(20);

/// When the cable ends: for how long at most what is left goes out, and those who miss something are
/// answered at least since one has asked.
const LAST_WORDS: Duration = Duration::from_secs(5);
const LINGER: Duration = Duration::from_millis(500);

/// What follows the key, so that nobody else's subscription matches it; and the version.
const MARK: &str = "@ipn/1";

/// A cable's part among all with the same key.
#[derive(Debug)]
pub struct Zenoh {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    /// What tells this cable from all others.
    id: u128,
    /// Once it is connected.
    session: OnceLock<Session>,
    publisher: OnceLock<Publisher<'static>>,
    outbox: Outbox,
    window: Mutex<Window<ZBytes>>,
    inbox: Inbox,
    ended: AtomicBool,
    begin: Instant,
    /// When somebody was last answered, in ms since the beginning.
    answered: AtomicU64,
}

impl Zenoh {
    /// Begins to join the others; who is not there yet is tried again.
    ///
    /// # Errors
    ///
    /// Zenoh does not take what the URL says, or there is no thread.
    pub fn open(options: Options) -> Result<Self, Failure> {
        let mode = match options.is_client() {
            true => WhatAmI::Client,
            false => WhatAmI::Peer,
        };
        let config = config::of(&options, mode)?;
        let shared = Arc::new(Shared {
            id: u128::from_le_bytes(ZenohId::default().to_le_bytes()),
            session: OnceLock::new(),
            publisher: OnceLock::new(),
            outbox: Outbox::default(),
            window: Mutex::new(Window::new(options.window, options.bytes)),
            inbox: Inbox::default(),
            ended: AtomicBool::new(false),
            begin: Instant::now(),
            answered: AtomicU64::new(0),
            options,
        });
        let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(work)
                .map_err(|error| Failure::because(format!("cannot start a thread: {error}")))
        };
        let (sends, asks, joins) = (shared.clone(), shared.clone(), shared.clone());
        let threads = vec![
            start("sends", Box::new(move || sends.send()))?,
            start("asks", Box::new(move || asks.ask()))?,
        ];
        // Until somebody is there it cannot be ended, so nobody waits for it.
        start("answers", Box::new(move || joins.join(config)))?;
        Ok(Self { shared, threads })
    }
}

impl Engine for Zenoh {
    fn send(&self, frame: &[u8]) -> Result<Sent, Failure> {
        Ok(self.shared.outbox.push(frame))
    }

    fn flush(&self) -> Result<Sent, Failure> {
        self.shared.outbox.flush();
        Ok(Sent::Taken)
    }

    fn recv(&self, frame: &mut Vec<u8>) -> Result<Arrival, Failure> {
        match logged::next() {
            Some(text) => Ok(Arrival::Told(text)),
            None => self.shared.inbox.recv(frame),
        }
    }

    fn finish(self) {
        self.shared.outbox.drain(LAST_WORDS);
        let begin = Instant::now();
        while self.shared.session.get().is_some() && begin.elapsed() < LAST_WORDS {
            let answered = self.shared.answered.load(Ordering::Relaxed);
            let answered = self.shared.begin + Duration::from_millis(answered);
            let left = LINGER.saturating_sub(begin.max(answered).elapsed());
            if left.is_zero() {
                break;
            }
            thread::sleep(left);
        }
    }
}

impl Drop for Zenoh {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(session) = self.shared.session.get() {
            // It has ended then, whatever it says. Who waits for it to take something does not any more.
            let _ = session.close().wait();
        }
        for thread in self.threads.drain(..) {
            // That it has panicked was told.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Sends until the end.
    fn send(&self) {
        while !self.has_ended() {
            let Some(payload) = self.outbox.take() else {
                continue;
            };
            let (bytes, payload) = (payload.len(), ZBytes::from(payload));
            let label = {
                let mut window = lock(&self.window);
                Label {
                    number: window.push(payload.clone(), bytes, Instant::now()),
                    oldest: window.oldest(),
                }
            };
            if let Some(publisher) = self.publisher.get() {
                // Whoever it does not reach misses it, and asks for it.
                let _ = publisher.put(payload).attachment(label.write()).wait();
            }
        }
    }

    /// Joins the others, and answers until the end.
    fn join(self: Arc<Self>, config: zenoh::Config) {
        let mut pause = config::RETRY.0;
        while !self.has_ended() {
            match self.open(config.clone()) {
                Ok(queries) => {
                    while !self.has_ended() {
                        if let Ok(Some(query)) = queries.recv_timeout(PATIENCE) {
                            self.answer(&query);
                        }
                    }
                }
                // Why was logged.
                Err(_) if self.options.is_client() => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(config::RETRY.1);
                }
                Err(error) => {
                    let text = logged::plain(&error.to_string());
                    return self.inbox.fail(Failure::new(
                        format!("cannot join the others: {text}"),
                        "look whether the addresses are right, and whether another program listens there",
                    ));
                }
            }
        }
    }

    fn open(
        self: &Arc<Self>,
        config: zenoh::Config,
    ) -> zenoh::Result<Queryable<FifoChannelHandler<Query>>> {
        let session = zenoh::open(config).wait()?;
        let tells = Arc::clone(self);
        session
            .info()
            .transport_events_listener()
            .history(true)
            .callback(move |event| tells.inbox.tell(told(&event)))
            .background()
            .wait()?;
        let hears = Arc::clone(self);
        session
            .declare_subscriber(self.key("*")?)
            .allowed_origin(Locality::Remote)
            .callback(move |sample| hears.hear(&sample))
            .background()
            .wait()?;
        let key = self.key(&format!("{:x}", self.id))?;
        let queries = session
            .declare_queryable(key.clone())
            .allowed_origin(Locality::Remote)
            .with(FifoChannel::new(256))
            .wait()?;
        let publisher = session
            .declare_publisher(key)
            .allowed_destination(Locality::Remote)
            .congestion_control(CongestionControl::Block)
            .express(true)
            .wait()?;
        // Both are there for the first time.
        let _ = (self.session.set(session), self.publisher.set(publisher));
        Ok(queries)
    }

    /// A batch has come.
    fn hear(&self, sample: &Sample) {
        let source = sample.key_expr().rsplit('/').next();
        let source = source.and_then(|text| u128::from_str_radix(text, 16).ok());
        let label = sample.attachment();
        let label = label.and_then(|label| Label::read(&label.to_bytes()));
        match source.zip(label) {
            Some((source, label)) => {
                let payload = sample.payload().to_bytes().into_owned();
                self.inbox.put(Source(source), label, payload);
            }
            None => self
                .inbox
                .tell("a batch that is none of a cable".to_owned()),
        }
    }

    /// Asks for what is missing, until the end.
    fn ask(self: Arc<Self>) {
        // Who has it still answers by then.
        let patience = self.options.window + ANSWER_PATIENCE;
        while !self.has_ended() {
            for (source, wanted) in self.inbox.missing(TICK, patience) {
                let asked = Asked(Arc::clone(&self), source);
                if let Some(session) = self.session.get() {
                    // Otherwise it is asked for again, too.
                    let _ = self.ask_for(session, source, wanted, asked);
                }
            }
        }
    }

    fn ask_for(
        &self,
        session: &Session,
        source: Source,
        wanted: RangeInclusive<u64>,
        asked: Asked,
    ) -> zenoh::Result<()> {
        let key = self.key(&format!("{:x}", source.0))?;
        let range = format!("from={};to={}", wanted.start(), wanted.end());
        session
            .get((key, range))
            .target(QueryTarget::All)
            .consolidation(ConsolidationMode::None)
            .congestion_control(CongestionControl::Block)
            .allowed_destination(Locality::Remote)
            .timeout(ANSWER_PATIENCE)
            .callback(move |reply| {
                if let Ok(sample) = reply.result() {
                    asked.0.hear(sample);
                }
            })
            .wait()
    }

    /// Sends again what somebody has missed, as far as it is there.
    fn answer(&self, query: &Query) {
        let number = |name| {
            let text = query.parameters().get(name);
            text.and_then(|text| text.parse::<u64>().ok())
        };
        let Some((from, to)) = number("from").zip(number("to")) else {
            return;
        };
        let (oldest, batches) = {
            let window = lock(&self.window);
            (window.oldest(), window.some(from..=to, ANSWER))
        };
        for (number, payload) in batches {
            let reply = query
                .reply(query.key_expr(), payload)
                .attachment(Label { number, oldest }.write());
            if reply.wait().is_err() {
                break;
            }
            let now = self.begin.elapsed().as_millis() as u64;
            self.answered.store(now, Ordering::Relaxed);
        }
    }

    fn key(&self, cable: &str) -> zenoh::Result<OwnedKeyExpr> {
        OwnedKeyExpr::new(format!("{}/{MARK}/{cable}", self.options.key))
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// Another cable was asked, until this is dropped.
struct Asked(Arc<Shared>, Source);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.inbox.asked(self.1);
    }
}

/// What a change of connections is in words.
fn told(event: &TransportEvent) -> String {
    let transport = event.transport();
    let who = match transport.whatami() {
        WhatAmI::Router => "the router",
        WhatAmI::Peer => "the peer",
        WhatAmI::Client => "the client",
    };
    let zid = transport.zid();
    match event.kind() {
        SampleKind::Put => format!("is connected to {who} {zid}"),
        SampleKind::Delete => format!("has lost the connection to {who} {zid}"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
