// SPDX-License-Identifier: GPL-2.0

//! Bytes as what happens to the switch, judged by the tests' oracles.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
mod many;

use af_ipn_core::kvde_switch::fdb::table::Limits;
use af_ipn_core::kvde_switch::fdb::Flush;
use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::vlan::VlanFlags;
use arbitrary::{Result, Unstructured};
use common::{
    frame_oracle, option_bytes, station, switch_events, table_events, vlan_oracle,
    vlan_oracle::History,
};
use libfuzzer_sys::fuzz_target;
use many::many;

fuzz_target!(|bytes: &[u8]| {
    // Bytes that run out are an input that is over.
    let _ = run(&mut Unstructured::new(bytes));
});

fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    match bytes.int_in_range(0..=9)? {
        0..4 => switch_events::check(bytes.arbitrary()?, many(bytes, switch_event)?),
        4..6 => {
            let (slots, key) = (bytes.int_in_range(0..=11)?, bytes.arbitrary()?);
            table_events::check(slots, limits(bytes)?, key, many(bytes, table_event)?);
        }
        6 => frame_oracle::check(bytes.peek_bytes(bytes.len()).unwrap_or_default()),
        7 => option_bytes::check_setting(many(bytes, call)?),
        8 => {
            let (option, value) = call(bytes)?;
            option_bytes::check_getting(option, value, bytes.int_in_range(0..=200)?);
        }
        _ => {
            let control = bytes.arbitrary::<Option<(u16, u8)>>()?;
            let control = control.map(|(vid, priority)| (vid, u16::from(priority & 15)));
            let from: Vec<_> = (0..bytes.int_in_range(0..=12)?)
                .map(|_| vlan_change(bytes))
                .collect::<Result<_>>()?;
            let to: Box<History> = many(bytes, vlan_change)?.into();
            vlan_oracle::check_members(&from);
            if let Some((vid, flags)) = to.last() {
                vlan_oracle::check_change(&from, *vid, flags.unwrap_or_default());
            }
            vlan_oracle::check_frame(&from, &to, control);
        }
    }
    Ok(())
}

/// Few stations, so that they meet; groups, zero and the bridges' own addresses among them.
fn address(bytes: &mut Unstructured<'_>) -> Result<MacAddress> {
    let number: u8 = bytes.arbitrary()?;
    Ok(match number {
        0..200 => station(u32::from(number % 10)),
        200..210 => MacAddress::BROADCAST,
        210..215 => MacAddress::new([0x33, 0x33, 0, 0, 0, 1]),
        215..220 => MacAddress::new([0; 6]),
        220..238 => MacAddress::new([0x01, 0x80, 0xc2, 0, 0, number - 220]),
        _ => MacAddress::new(bytes.arbitrary()?),
    })
}

fn vid(bytes: &mut Unstructured<'_>) -> Result<u16> {
    let number: u8 = bytes.arbitrary()?;
    Ok(match number {
        0..240 => u16::from(number % 4),
        240..250 => 4085 + u16::from(number % 16),
        _ => bytes.arbitrary()?,
    })
}

fn flags(bytes: &mut Unstructured<'_>) -> Result<VlanFlags> {
    let [pvid, untagged] = bytes.arbitrary()?;
    Ok(VlanFlags { pvid, untagged })
}

fn limits(bytes: &mut Unstructured<'_>) -> Result<Limits> {
    Ok(Limits {
        network: bytes.int_in_range(0..=9)?,
        port: bytes.int_in_range(0..=5)?,
    })
}

fn vlan_change(bytes: &mut Unstructured<'_>) -> Result<(u16, Option<VlanFlags>)> {
    let added = bytes.ratio(4, 5)?.then(|| flags(bytes)).transpose()?;
    Ok((vid(bytes)?, added))
}

/// A frame of 0 to 64 octets: addresses, then types and tags, then anything.
fn frame(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let len = if bytes.ratio(3, 4)? {
        64
    } else {
        bytes.int_in_range(0..=64)?
    };
    let mut octets = [address(bytes)?.octets(), address(bytes)?.octets()].concat();
    for _ in 0..bytes.int_in_range(0..=5)? {
        let word = match bytes.arbitrary::<u8>()? {
            0..100 => 0x8100,
            100..120 => 0x88a8,
            120..160 => 0x0800,
            other => (u16::from(other) << 12) | vid(bytes)? & 0xfff,
        };
        octets.extend(word.to_be_bytes());
    }
    octets.resize(len, 0xaa);
    Ok(octets)
}

fn switch_event(bytes: &mut Unstructured<'_>) -> Result<switch_events::Event> {
    use switch_events::{Event, PORTS};
    let kind: u8 = bytes.arbitrary()?;
    let port = bytes.int_in_range(0..=PORTS)?;
    Ok(match kind {
        0..144 => Event::Send(port, frame(bytes)?),
        144..147 => Event::Locked(port, bytes.arbitrary()?),
        147..151 => Event::Flood(port, bytes.int_in_range(0..=2)?, bytes.arbitrary()?),
        151..165 => Event::Join(port),
        165..172 => Event::Leave(port),
        172..176 => Event::Learning(port, bytes.arbitrary()?),
        176..182 => Event::Isolated(port, bytes.arbitrary()?),
        182..200 => Event::AddVlan(port, vid(bytes)?, flags(bytes)?),
        200..207 => Event::RemoveVlan(port, vid(bytes)?),
        207..212 => Event::Filtering(bytes.arbitrary()?),
        212..216 => Event::GroupFwdMask(bytes.arbitrary()?),
        216..221 => Event::Mirror(bytes.arbitrary::<bool>()?.then_some(port)),
        221..230 => Event::SetStatic(port, address(bytes)?, vid(bytes)?),
        _ => Event::Wait(8 * u64::from(bytes.arbitrary::<u16>()?)),
    })
}

fn table_event(bytes: &mut Unstructured<'_>) -> Result<table_events::Event> {
    use table_events::{Event, AGEING_MS, PORTS};
    let kind: u8 = bytes.arbitrary()?;
    let port = bytes.int_in_range(0..=PORTS)?;
    Ok(match kind {
        0..140 => Event::Learn(port, address(bytes)?, vid(bytes)?),
        140..155 => Event::SetStatic(port, address(bytes)?, vid(bytes)?),
        155..165 => Event::Flush(Flush {
            port: bytes.arbitrary::<bool>()?.then_some(port),
            address: bytes.ratio(1, 3)?.then(|| address(bytes)).transpose()?,
            vid: bytes.ratio(1, 3)?.then(|| vid(bytes)).transpose()?,
            fixed: bytes.arbitrary()?,
        }),
        165..170 => Event::ForgetPort(port),
        170..175 => Event::SetAgeing(match bytes.arbitrary::<u16>()? {
            0..100 => 0,
            u16::MAX => u64::MAX,
            other => u64::from(other) % (2 * AGEING_MS),
        }),
        175..185 => Event::SetLimits(limits(bytes)?),
        185..190 => Event::Resize(bytes.int_in_range(1..=PORTS + 1)?),
        190..200 => Event::Expire(bytes.int_in_range(0..=4)?),
        200..245 => Event::Wait(bytes.int_in_range(1..=AGEING_MS)?),
        _ => Event::Late(bytes.int_in_range(1..=50)?),
    })
}

/// An option, and a value that is often nearly right: words, then bytes.
fn call(bytes: &mut Unstructured<'_>) -> Result<(u32, Vec<u8>)> {
    let option = bytes.int_in_range(0..=17)?;
    let mut value = Vec::new();
    if bytes.ratio(1, 2)? {
        value.extend(address(bytes)?.octets());
        value.extend(vid(bytes)?.to_ne_bytes());
    }
    for _ in 0..bytes.int_in_range(0..=8)? {
        let word = match bytes.arbitrary::<u8>()? {
            byte @ 0..200 => u32::from(byte % 8),
            200..220 => u32::MAX,
            _ => bytes.arbitrary()?,
        };
        value.extend(word.to_ne_bytes());
    }
    if bytes.ratio(1, 8)? {
        value.extend(bytes.arbitrary::<Vec<u8>>()?);
    }
    Ok((option, value))
}
