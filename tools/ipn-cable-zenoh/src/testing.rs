// SPDX-License-Identifier: GPL-2.0

//! What tests have in common: a wire that can be cut, and authorities.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A port that nobody listens at.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Zenoh's threads are the process's, and tests hold them up: one has them at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// It is true until this is dropped.
pub struct While<'a>(pub &'a AtomicBool);

impl Drop for While<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Does it until it is done.
#[track_caller]
pub fn in_time(limit: Duration, what: &str, mut is_done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_done() {
        assert!(begin.elapsed() < limit, "{what}: not within {limit:?}");
    }
}

/// A wire between who connects to its port and another port.
pub struct Proxy {
    /// Where to connect to.
    pub port: u16,
    wires: Arc<Mutex<Wires>>,
}

#[derive(Default)]
struct Wires {
    all: Vec<TcpStream>,
    cut_until: Option<Instant>,
    cuts: usize,
}

impl Proxy {
    /// One to that port.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = Self {
            port: listener.local_addr().expect("an address").port(),
            wires: Arc::default(),
        };
        let wires = Arc::clone(&proxy.wires);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut wires = wires.lock().expect("wires");
                let is_cut = wires.cut_until.is_some_and(|until| Instant::now() < until);
                let far = TcpStream::connect(("127.0.0.1", port));
                if let (false, Ok(far)) = (is_cut, far) {
                    for (from, to) in [(&near, &far), (&far, &near)] {
                        let copies = (from.try_clone(), to.try_clone());
                        if let (Ok(from), Ok(to)) = copies {
                            thread::spawn(move || copy(from, to));
                        }
                    }
                    wires.all.extend([near, far]);
                }
            }
        });
        proxy
    }

    /// Cuts what is connected, and lets nobody connect for so long. What is on its way is lost.
    pub fn cut(&self, time: Duration) {
        let mut wires = self.wires.lock().expect("wires");
        wires.cut_until = Some(Instant::now() + time);
        for wire in std::mem::take(&mut wires.all) {
            wires.cuts += usize::from(wire.shutdown(Shutdown::Both).is_ok());
        }
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.wires.lock().expect("wires").cuts
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 1 << 16];
    let mut pass = || -> io::Result<bool> {
        let len = from.read(&mut buffer)?;
        to.write_all(&buffer[..len])?;
        Ok(len > 0)
    };
    while pass().unwrap_or(false) {}
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Who signs certificates, in a directory that goes with it.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    directory: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let directory = format!("ipn-cable-zenoh-{name}-{}", std::process::id());
        let directory = std::env::temp_dir().join(directory);
        fs::create_dir_all(&directory).expect("a directory");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        write(&directory.join("ca.pem"), &certificate.pem());
        Self {
            issuer: Issuer::new(params, key),
            directory,
        }
    }

    /// The options of a cable that trusts this authority, and whose certificate is of the other one.
    pub fn certificate(&self, signer: &Self, name: &str) -> String {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("good");
        let certificate = params
            .signed_by(&key, &signer.issuer)
            .expect("a certificate");
        let at = |what: &str| self.directory.join(format!("{name}-{what}.pem"));
        write(&at("cert"), &certificate.pem());
        write(&at("key"), &key.serialize_pem());
        let ca = self.directory.join("ca.pem");
        format!(
            "ca={},cert={},key={}",
            ca.display(),
            at("cert").display(),
            at("key").display()
        )
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // It is in the directory for what is temporary.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
}
