// SPDX-License-Identifier: GPL-2.0

//! Capture files: pcapng is written, and read as pcap is.

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::interface_statistics::{
    InterfaceStatisticsBlock, InterfaceStatisticsOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{Block, PcapNgReader, PcapNgWriter};
use pcap_file::{DataLink, Endianness, PcapError};
use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

/// Units of time in a second: 10 to the power of this.
const NANOSECONDS: u8 = 9;

/// What messages are written to.
pub struct Writer<W: Write>(PcapNgWriter<W>);

impl<W: Write> Writer<W> {
    /// Begins a file of what passes on the network `name`.
    pub fn new(to: W, name: &str, link: u16, mtu: usize, filter: Option<&str>) -> io::Result<Self> {
        let application = concat!("ipn ", env!("CARGO_PKG_VERSION"));
        let section = SectionHeaderBlock {
            endianness: Endianness::native(),
            options: vec![SectionHeaderOption::UserApplication(application.into())],
            ..SectionHeaderBlock::default()
        };
        let mut options = vec![
            InterfaceDescriptionOption::IfName(name.to_owned().into()),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ];
        // Of the kind that is a text: 0.
        let filter = filter.map(|text| [&[0], text.as_bytes()].concat());
        options.extend(filter.map(|text| InterfaceDescriptionOption::IfFilter(text.into())));
        let mut writer = PcapNgWriter::with_section_header(to, section).map_err(written)?;
        let interface = InterfaceDescriptionBlock {
            linktype: DataLink::from(u32::from(link)),
            snaplen: mtu as u32,
            options,
        };
        writer.write_pcapng_block(interface).map_err(written)?;
        Ok(Self(writer))
    }

    /// Writes a message of `full_len` bytes, of which `message` is the beginning.
    pub fn put(
        &mut self,
        port: u32,
        time: SystemTime,
        message: &[u8],
        full_len: usize,
        missed: u64,
    ) -> io::Result<()> {
        let mut options = vec![EnhancedPacketOption::Comment(format!("port {port}").into())];
        if missed != 0 {
            options.push(EnhancedPacketOption::DropCount(missed));
        }
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: since(time),
            original_len: full_len as u32,
            data: Cow::Borrowed(message),
            options,
        };
        self.0.write_pcapng_block(packet).map(drop).map_err(written)
    }

    /// Writes at the end how many messages there were, and how many were missed.
    pub fn end(&mut self, time: SystemTime, dumped: u64, missed: u64) -> io::Result<()> {
        let nanos = since(time).as_nanos() as u64;
        let statistics = InterfaceStatisticsBlock {
            interface_id: 0,
            // Its high half comes first, whatever the order of bytes.
            timestamp: match Endianness::native() {
                Endianness::Big => nanos,
                Endianness::Little => nanos.rotate_left(32),
            },
            options: vec![
                InterfaceStatisticsOption::IsbIfRecv(dumped.saturating_add(missed)),
                InterfaceStatisticsOption::IsbIfDrop(missed),
            ],
        };
        self.0
            .write_pcapng_block(statistics)
            .map(drop)
            .map_err(written)
    }

    /// Hands on what was written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

fn since(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// What a writer's error is.
fn written(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

/// A packet of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// When it was captured, since 1970 or some other moment.
    pub time: Duration,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many there were, of which the file may have fewer.
    pub full_len: usize,
}

/// Where packets are read from.
pub enum Reader<R: Read> {
    /// pcap.
    Pcap(Box<PcapReader<R>>),
    /// pcapng.
    Pcapng(Box<PcapNgReader<R>>),
}

impl<R: Read> Reader<io::Chain<io::Cursor<[u8; 4]>, R>> {
    /// Begins to read a file of either kind.
    pub fn new(mut from: R) -> Result<Self, String> {
        let mut magic = [0; 4];
        let read = from.read_exact(&mut magic);
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is no capture file".to_owned(),
            _ => error.to_string(),
        })?;
        let from = io::Cursor::new(magic).chain(from);
        match magic {
            // A section header's type, which reads the same from both ends.
            [0x0a, 0x0d, 0x0d, 0x0a] => PcapNgReader::new(from)
                .map(|reader| Self::Pcapng(Box::new(reader)))
                .map_err(|error| what(&error)),
            _ => PcapReader::new(from)
                .map(|reader| Self::Pcap(Box::new(reader)))
                .map_err(|error| what(&error)),
        }
    }
}

impl<R: Read> Reader<R> {
    /// The next packet; none at the end.
    pub fn next(&mut self) -> Result<Option<Packet>, String> {
        match self {
            Self::Pcap(reader) => reader.next_packet().transpose().map_or_else(
                |error| Err(what(&error)),
                |packet| {
                    Ok(packet.map(|packet| Packet {
                        time: packet.timestamp,
                        full_len: packet.orig_len as usize,
                        bytes: packet.data.into_owned(),
                    }))
                },
            ),
            Self::Pcapng(reader) => loop {
                let packet = match reader.next_block().transpose() {
                    Err(error) => return Err(what(&error)),
                    Ok(None) => return Ok(None),
                    Ok(Some(Block::EnhancedPacket(packet))) => packet.into_owned(),
                    Ok(Some(Block::SimplePacket(packet))) => {
                        return Ok(Some(Packet {
                            time: Duration::ZERO,
                            full_len: packet.original_len as usize,
                            bytes: packet.data.into_owned(),
                        }))
                    }
                    Ok(Some(_)) => continue,
                };
                let interface = reader.interfaces().get(packet.interface_id as usize);
                return Ok(Some(Packet {
                    // The crate takes units for nanoseconds.
                    time: in_units(packet.timestamp.as_nanos() as u64, units(interface)),
                    full_len: packet.original_len as usize,
                    bytes: packet.data.into_owned(),
                }));
            },
        }
    }
}

/// How an interface counts time: `if_tsresol`, a power of ten or with the highest bit of two.
fn units(interface: Option<&InterfaceDescriptionBlock<'_>>) -> u8 {
    let options = interface
        .into_iter()
        .flat_map(|interface| &interface.options);
    let mut found = options.filter_map(|option| match option {
        InterfaceDescriptionOption::IfTsResol(resolution) => Some(*resolution),
        _ => None,
    });
    // Microseconds, unless told.
    found.next().unwrap_or(6)
}

/// So many of these units.
fn in_units(count: u64, units: u8) -> Duration {
    let power = u32::from(units & 0x7f);
    let in_second = match units & 0x80 {
        0 => 10_u128.checked_pow(power),
        _ => 1_u128.checked_shl(power),
    };
    let nanos = in_second.map_or(0, |units| {
        // A number of 64 bits times 10⁹ is one of 94.
        u128::from(count) * 1_000_000_000 / units.max(1)
    });
    Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX))
}

/// What is wrong with a file.
fn what(error: &PcapError) -> String {
    match error {
        PcapError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it is cut off".to_owned()
        }
        PcapError::IoError(error) => error.to_string(),
        PcapError::InvalidField(field) => format!("it is no capture file, or damaged: {field}"),
        error => format!("it is damaged: {error}"),
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
