// SPDX-License-Identifier: GPL-2.0

//! What stands for the kernel's attribute macros on the host.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// `pin_data` of the crate pin-init. Here nothing is pinned, so all it does is to take away the
/// attribute `#[pin]` of the fields.
#[proc_macro_attribute]
pub fn pin_data(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    without_pin(item)
}

fn without_pin(tokens: TokenStream) -> TokenStream {
    let mut left: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            left.push(token);
            continue;
        };
        let is_pin = group.delimiter() == Delimiter::Bracket && group.stream().to_string() == "pin";
        if is_pin && matches!(left.last(), Some(TokenTree::Punct(mark)) if mark.as_char() == '#') {
            left.pop();
            continue;
        }
        let mut inner = Group::new(group.delimiter(), without_pin(group.stream()));
        inner.set_span(group.span());
        left.push(TokenTree::Group(inner));
    }
    left.into_iter().collect()
}
