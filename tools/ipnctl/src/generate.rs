// SPDX-License-Identifier: GPL-2.0

//! `ipn completions` and `ipn man`: what is made from the command line's
//! description.

use crate::cli::{Cli, STATUSES};
use crate::failure::Failure;
use crate::output::print;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::roff::{bold, roman, Roff};
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::Path;

/// Prints the completions for a shell.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ipn", &mut text);
    print(&text)
}

/// Writes a man page for the command and one for each subcommand.
pub fn man(directory: &Path) -> Result<(), Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    page(directory, &command)?;
    for subcommand in command.get_subcommands() {
        if !subcommand.is_hide_set() {
            page(directory, subcommand)?;
        }
    }
    Ok(())
}

/// Writes the man page of one command.
fn page(directory: &Path, command: &Command) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let page = Man::new(command.clone());
    let mut text = format!(
        ".TH {} 1 \"\" \"ipn {}\" \"Inter Process Networking\"\n",
        name.to_uppercase(),
        env!("CARGO_PKG_VERSION")
    )
    .into_bytes();
    render(&page, command, &mut text).expect("writing to memory does not fail");
    let file = directory.join(format!("{name}.1"));
    fs::write(&file, text).map_err(|error| Failure::file("write", &file, &error))
}

/// Renders a page's sections: what clap tells of a command, and what it does not
/// know.
fn render(page: &Man, command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    page.render_name_section(text)?;
    page.render_synopsis_section(text)?;
    page.render_description_section(text)?;
    page.render_options_section(text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(text)?;
    }
    let mut more = Roff::new();
    more.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in STATUSES {
        more.control("TP", []);
        more.text([bold(status)]);
        more.text([roman(meaning)]);
    }
    more.control("SH", ["SEE ALSO"]);
    let main = bold("ipn");
    let described = ["ipn-up", "ipn-down", "ipn-save", "ipn-cable"];
    if described.contains(&command.get_display_name().unwrap_or_default()) {
        more.text([bold("ipn-network"), roman("(5),")]);
    }
    match command.has_subcommands() {
        true => more.text([bold("af_ipn"), roman("(7)")]),
        false => more.text([main, roman("(1), "), bold("af_ipn"), roman("(7)")]),
    };
    more.to_writer(text)
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
