// SPDX-License-Identifier: GPL-2.0
//! What users may do, to themselves and to others.

pub mod accounts;
pub mod attacks;
pub mod charge;
pub mod confinement;
pub mod namespaces;
pub mod rights;
