// SPDX-License-Identifier: GPL-2.0
//! What users run: the command, the crate, the plugin, samples, bindings.

pub mod compat;
pub mod described;
pub mod echo;
pub mod examples;
pub mod exercises;
pub mod library;
pub mod library_async;
pub mod library_calls;
pub mod library_lab;
pub mod library_receiver;
pub mod library_records;
pub mod library_reliable;
pub mod links;
pub mod machines;
pub mod market;
pub mod python;
pub mod samples;
pub mod sensors;
pub mod tool;
pub mod tool_names;
pub mod tool_reliable;
pub mod tool_stops;
pub mod tool_swaps;
pub mod vdeplug;
