// SPDX-License-Identifier: GPL-2.0

//! Networks that are Ethernet switches.

use crate::error::{done, value_error};
use crate::kinds::duration;
use ipn::switch::{Flush, MacAddress, Vlan};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;

/// Whose socket the options are those of.
enum Owner {
    Manager(Arc<ipn::Manager>),
    Port(Arc<ipn::Port>),
}

/// The Ethernet switch that a network is: `Manager.switch` and `Port.switch`. Members may look at
/// everything; only managers may change something. On other networks each call fails.
#[pyclass(frozen, module = "ipn")]
pub struct Switch(Owner);

impl Switch {
    pub fn of_manager(manager: Arc<ipn::Manager>) -> Self {
        Self(Owner::Manager(manager))
    }

    pub fn of_port(port: Arc<ipn::Port>) -> Self {
        Self(Owner::Port(port))
    }

    fn get(&self) -> ipn::switch::Switch<'_> {
        match &self.0 {
            Owner::Manager(manager) => manager.network().switch(),
            Owner::Port(port) => port.network().switch(),
        }
    }
}

fn mac(text: &str) -> PyResult<MacAddress> {
    text.parse().map_err(value_error)
}

/// An address as Python has it: itself, VLAN, port, whether it is static, its age in seconds.
type Address = (String, u16, u32, bool, f64);

#[pymethods]
impl Switch {
    /// How long a silent station is remembered, in seconds; None is for ever.
    #[getter]
    fn ageing(&self) -> PyResult<Option<f64>> {
        let ageing = done(self.get().ageing())?;
        Ok(ageing.map(|ageing| ageing.as_secs_f64()))
    }

    #[setter]
    fn set_ageing(&self, seconds: Option<f64>) -> PyResult<()> {
        done(self.get().set_ageing(duration(seconds)?))
    }

    /// How many addresses may be learned: of the whole network, and of a port.
    #[getter]
    fn limits(&self) -> PyResult<(u32, u32)> {
        let limits = done(self.get().limits())?;
        Ok((limits.network, limits.port))
    }

    #[setter]
    fn set_limits(&self, limits: (u32, u32)) -> PyResult<()> {
        let (network, port) = limits;
        done(
            self.get()
                .set_limits(ipn::switch::Limits::new(network, port)),
        )
    }

    /// Whether VLANs count.
    #[getter]
    fn filtering(&self) -> PyResult<bool> {
        done(self.get().filtering())
    }

    #[setter]
    fn set_filtering(&self, filtering: bool) -> PyResult<()> {
        done(self.get().set_filtering(filtering))
    }

    /// The port that gets a copy of every frame, or None.
    #[getter]
    fn mirror(&self) -> PyResult<Option<u32>> {
        done(self.get().mirror())
    }

    #[setter]
    fn set_mirror(&self, port: Option<u32>) -> PyResult<()> {
        done(self.get().set_mirror(port))
    }

    /// The counters, by name.
    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counters = PyDict::new(py);
        for (name, count) in done(self.get().statistics())?.counters() {
            counters.set_item(name, count)?;
        }
        Ok(counters)
    }

    /// How many frames were dropped, by reason: see ipn.drop_reasons. They are among the counters.
    fn drops<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let drops = PyDict::new(py);
        for (reason, count) in done(self.get().statistics())?.drops() {
            drops.set_item(reason.to_string(), count)?;
        }
        Ok(drops)
    }

    /// The addresses that it knows: tuples of address, VLAN, port, whether it is static, and how
    /// many seconds ago a frame came from it.
    fn addresses(&self) -> PyResult<Vec<Address>> {
        let addresses = done(self.get().addresses())?;
        Ok(addresses
            .iter()
            .map(|entry| {
                let age = entry.age.as_secs_f64();
                (
                    entry.address.to_string(),
                    entry.vlan,
                    entry.port,
                    entry.fixed,
                    age,
                )
            })
            .collect())
    }

    /// Sets a static address, in the place of what is known of it.
    #[pyo3(signature = (address, port, *, vlan = 0))]
    fn add_address(&self, address: &str, port: u32, vlan: u16) -> PyResult<()> {
        done(self.get().add_address(mac(address)?, vlan, port))
    }

    /// Deletes an address, at this port or at any.
    #[pyo3(signature = (address, port = None, *, vlan = 0))]
    fn delete_address(&self, address: &str, port: Option<u32>, vlan: u16) -> PyResult<()> {
        done(self.get().delete_address(mac(address)?, vlan, port))
    }

    /// Removes the addresses that fit everything that is said; static ones only where asked for.
    #[pyo3(signature = (*, port = None, address = None, vlan = None, fixed = false))]
    fn flush(
        &self,
        port: Option<u32>,
        address: Option<&str>,
        vlan: Option<u16>,
        fixed: bool,
    ) -> PyResult<()> {
        let address = address.map(mac).transpose()?;
        let flush = Flush::new().port(port).address(address).vlan(vlan);
        done(self.get().flush(&flush.fixed(fixed)))
    }

    /// The VLANs of a port: tuples of VLAN, whether untagged frames that come in belong to it, and
    /// whether its frames leave untagged.
    fn vlans(&self, port: u32) -> PyResult<Vec<(u16, bool, bool)>> {
        let vlans = done(self.get().vlans(port))?;
        Ok(vlans
            .iter()
            .map(|vlan| (vlan.vlan, vlan.pvid, vlan.untagged))
            .collect())
    }

    /// Puts a port into a VLAN, or changes its part there.
    #[pyo3(signature = (port, vlan, *, pvid = false, untagged = false))]
    fn add_vlan(&self, port: u32, vlan: u16, pvid: bool, untagged: bool) -> PyResult<()> {
        let vlan = Vlan::new(vlan).pvid(pvid).untagged(untagged);
        done(self.get().add_vlan(port, vlan))
    }

    /// Takes a port out of a VLAN; whether it was in it.
    fn delete_vlan(&self, port: u32, vlan: u16) -> PyResult<bool> {
        done(self.get().delete_vlan(port, vlan))
    }

    /// Has sources of frames that come in by a port learned, or not.
    fn set_learning(&self, port: u32, on: bool) -> PyResult<()> {
        done(self.get().set_learning(port, on))
    }

    /// Keeps a port apart from other such ports, or not.
    fn set_isolated(&self, port: u32, on: bool) -> PyResult<()> {
        done(self.get().set_isolated(port, on))
    }

    /// Has only those stations send by a port whose addresses are static there, or any.
    fn set_locked(&self, port: u32, on: bool) -> PyResult<()> {
        done(self.get().set_locked(port, on))
    }

    /// Has a port get frames for stations that are not known, or not.
    fn set_flood(&self, port: u32, on: bool) -> PyResult<()> {
        done(self.get().set_flood(port, on))
    }

    /// Has a port get multicast, or not.
    fn set_mcast_flood(&self, port: u32, on: bool) -> PyResult<()> {
        done(self.get().set_mcast_flood(port, on))
    }

    /// Has a port get broadcast, or not.
    fn set_bcast_flood(&self, port: u32, on: bool) -> PyResult<()> {
        done(self.get().set_bcast_flood(port, on))
    }
}
