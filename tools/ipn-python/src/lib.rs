// SPDX-License-Identifier: GPL-2.0

//! The crate `ipn` for Python: what `python/ipn` stands on.
//!
//! Calls that may wait let other threads of the interpreter run, go on after a signal whose handler
//! has raised nothing, and fail with `OSError`: the errno is the kernel's, the text the crate's.

#![deny(unsafe_code)]

mod device;
mod error;
#[allow(unsafe_code)]
mod ffi;
mod handle;
mod kinds;
mod manager;
mod message;
mod network;
mod port;
mod receiver;
mod records;
mod sender;
mod sequence;
mod statistics;
mod switch;

use pyo3::prelude::*;

#[pymodule]
fn _ipn(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("AF_IPN", ipn::abi::AF_IPN)?;
    module.add_class::<manager::Manager>()?;
    module.add_class::<port::Port>()?;
    module.add_class::<receiver::Receiver>()?;
    module.add_class::<records::RecordPort>()?;
    module.add_class::<records::Record>()?;
    module.add_class::<device::Device>()?;
    module.add_class::<switch::Switch>()?;
    module.add_class::<message::Message>()?;
    module.add_class::<message::Members>()?;
    module.add_class::<sender::Sender>()?;
    module.add_class::<sequence::Sequence>()?;
    module.add_class::<sequence::Origin>()?;
    module.add_class::<sequence::Gap>()?;
    module.add_class::<statistics::PortStatistics>()?;
    module.add_function(wrap_pyfunction!(statistics::drop_reasons, module)?)?;
    module.add_class::<network::NetworkInfo>()?;
    module.add_function(wrap_pyfunction!(manager::create, module)?)?;
    module.add_function(wrap_pyfunction!(port::connect, module)?)?;
    module.add_function(wrap_pyfunction!(network::networks, module)?)?;
    module.add_function(wrap_pyfunction!(device::release_device, module)?)?;
    Ok(())
}
