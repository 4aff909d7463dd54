// SPDX-License-Identifier: GPL-2.0

//! Bytes as what happens to the parts of the module that decide, judged by the tests' oracles.
//!
//! As in `tests/af_ipn/main.rs`, this crate takes the place of the module.

#![no_main]

#[allow(dead_code, reason = "the rest of the module uses more of them")]
#[path = "../../../../src"]
mod src {
    pub(crate) mod abi;
    pub(crate) mod device {
        pub(crate) mod frame;
    }
    pub(crate) mod network {
        pub(crate) mod address;
        pub(crate) mod oob;
        pub(crate) mod port_set;
        pub(crate) mod shape;
    }
    pub(crate) mod policy;
    pub(crate) mod ring;
    pub(crate) mod socket {
        pub(crate) mod description;
        pub(crate) mod rights;
    }
}
use src::{abi, device, network, policy, ring, socket};

#[allow(dead_code, reason = "the tests use more of them")]
#[path = "../../platform"]
mod rust {
    pub(crate) mod glue {
        pub(crate) mod cursor_page;
        #[path = "../../tests/af_ipn/policy_module.rs"]
        pub(crate) mod policy_module;
    }
    pub(crate) mod mm {
        pub(crate) mod shared_memory;
    }
    pub(crate) mod sync {
        pub(crate) mod atomic;
        pub(crate) mod relax;
        #[path = "../../../../rust/sync/set_once.rs"]
        pub(crate) mod set_once;
    }
}

#[allow(dead_code, reason = "the tests use more of them")]
#[path = "../../tests/af_ipn"]
mod tests {
    pub(crate) mod address_oracle;
    pub(crate) mod description_oracle;
    pub(crate) mod frame_oracle;
    pub(crate) mod heap;
    pub(crate) mod oob_oracle;
    pub(crate) mod options_oracle;
    pub(crate) mod port_set_oracle;
    pub(crate) mod ring_oracle;
    pub(crate) mod ring_pair;
    pub(crate) mod targets_oracle;
    pub(crate) mod words;
}
use tests::{
    address_oracle, description_oracle, frame_oracle, heap, oob_oracle, options_oracle,
    port_set_oracle, ring_oracle, ring_pair, targets_oracle, words,
};

mod many;

use arbitrary::{Result, Unstructured};
use device::frame;
use libfuzzer_sys::fuzz_target;
use many::many;
use network::shape;

fuzz_target!(|bytes: &[u8]| {
    // Bytes that run out are an input that is over.
    let _ = run(&mut Unstructured::new(bytes));
});

fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    match bytes.int_in_range(0..=8)? {
        0 => address_oracle::check(bytes.peek_bytes(bytes.len()).unwrap_or_default()),
        1 => description_oracle::check(bytes.peek_bytes(bytes.len()).unwrap_or_default()),
        2 => options(bytes)?,
        3 => oob_oracle::check(&many(bytes, oob_step)?),
        4 => {
            let ports = bytes.int_in_range(0..=1100)?;
            port_set_oracle::check(ports, &many(bytes, port_set_step)?);
        }
        5 => frame_oracle::check(&packet_story(bytes)?),
        6 => frame_oracle::check_finish(&packet(bytes)?, bytes.arbitrary()?),
        7 => {
            let pool = *bytes.choose(&[1, 2, 3, 7, 64])?;
            let lossless = bytes.arbitrary()?;
            ring_pair::check(pool, lossless, &many(bytes, |b| ring_step(b, pool))?);
        }
        _ => {
            let (port, skip) = (bytes.arbitrary()?, bytes.arbitrary::<u16>()?);
            let prefix: Vec<u8> = bytes.arbitrary()?;
            let message = bytes.peek_bytes(bytes.len()).unwrap_or_default();
            targets_oracle::check(port, &prefix, message, skip.into());
            let ports = bytes.int_in_range(0..=8)?;
            let named = many(bytes, |b| {
                Ok((b.int_in_range(0..=9)?, b.arbitrary::<u8>()?.into()))
            })?;
            let messages: Vec<_> = (named.split(|(port, _)| *port == 9))
                .map(<[_]>::to_vec)
                .collect();
            targets_oracle::check_list(ports, &messages);
        }
    }
    Ok(())
}

fn options(bytes: &mut Unstructured<'_>) -> Result<()> {
    let limits = shape::Limits {
        ports: bytes.int_in_range(0..=70_000)?,
        ..options_oracle::LIMITS
    };
    let mut shape = shape::Shape::DEFAULT;
    for (option, value) in many(bytes, |b| {
        Ok((b.int_in_range(0x7e..=0x86)?, b.arbitrary()?))
    })? {
        options_oracle::check(&mut shape, option, value, &limits);
    }
    Ok(())
}

fn segments(bytes: &mut Unstructured<'_>) -> Result<frame::Segments> {
    use frame::Segments;
    Ok(*bytes.choose(&[Segments::One, Segments::Many, Segments::Unknown])?)
}

/// Numbers near the bounds of a short packet.
fn packet_story(bytes: &mut Unstructured<'_>) -> Result<frame_oracle::Story> {
    let [is_noted, is_untagged, is_loopback, has_sum] = bytes.arbitrary()?;
    let sum = (
        bytes.int_in_range(-20..=200)?,
        bytes.int_in_range(0..=200)?,
        bytes.arbitrary()?,
    );
    Ok(frame_oracle::Story {
        room: bytes.int_in_range(0..=40)?,
        pulled: bytes.int_in_range(0..=40)?,
        is_noted,
        is_untagged,
        is_loopback,
        sum: has_sum.then_some(sum),
        segments: segments(bytes)?,
        sent: bytes
            .peek_bytes(bytes.len().min(100))
            .unwrap_or_default()
            .to_vec(),
    })
}

/// Any numbers at all.
fn packet(bytes: &mut Unstructured<'_>) -> Result<frame::Packet> {
    let sum = bytes.arbitrary::<Option<(i32, u16, bool)>>()?;
    Ok(frame::Packet {
        len: bytes.arbitrary()?,
        header: bytes.arbitrary()?,
        is_loopback: bytes.arbitrary()?,
        sum: sum.map(|(start, offset, is_sctp)| frame::Sum {
            start,
            offset,
            is_sctp,
        }),
        segments: segments(bytes)?,
    })
}

fn oob_step(bytes: &mut Unstructured<'_>) -> Result<oob_oracle::Step> {
    use oob_oracle::Step;
    Ok(match bytes.arbitrary::<u8>()? {
        0..150 => Step::Push,
        150..250 => Step::Pop,
        _ => Step::Clear,
    })
}

fn port_set_step(bytes: &mut Unstructured<'_>) -> Result<port_set_oracle::Step> {
    use port_set_oracle::Step;
    let kind = bytes.int_in_range(0..=9)?;
    let port = if bytes.ratio(1, 20)? {
        bytes.arbitrary()?
    } else {
        bytes.int_in_range(0..=1100)?
    };
    Ok(match kind {
        0..3 => Step::Insert(port),
        3..5 => Step::Remove(port),
        5..8 => Step::Next(port),
        8 => Step::InsertAll(vec![port, port / 2, port / 64]),
        _ => Step::Resize(bytes.int_in_range(0..=1100)?),
    })
}

fn ring_step(bytes: &mut Unstructured<'_>, pool: u32) -> Result<ring_pair::Step> {
    use ring_pair::Step;
    let kind = bytes.int_in_range(0..=15)?;
    let reader = bytes.int_in_range(0..=7)?;
    let messages = bytes.int_in_range(1..=2 * pool + 3)?;
    let from = bytes.int_in_range(0..=3)?;
    Ok(match kind {
        0..4 => Step::Send { from, messages },
        4 => Step::GiveUp,
        5..7 => Step::Join,
        7 => Step::Leave { reader },
        8..12 => Step::Read { reader, messages },
        12 => Step::BeginRead { reader },
        13 => Step::EndRead { reader },
        _ => Step::Count { from },
    })
}
