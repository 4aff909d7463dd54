// SPDX-License-Identifier: GPL-2.0

//! Prints the public interface of a crate, an item a line, of what rustdoc says of it in JSON.

use public_api::Builder;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: interface FILE")?;
    let interface = Builder::from_rustdoc_json(file)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    print!("{interface}");
    Ok(())
}
