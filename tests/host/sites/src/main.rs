// SPDX-License-Identifier: GPL-2.0

//! Where cargo-mutants changes code, and what is to be put around it for that to be chosen at run time.
//!
//!     sites FILE...
//!
//! A line of the output is a site: the file, the kind, the range of what is wrapped, and the range that
//! cargo-mutants replaces; both in bytes. One that contains another comes first. See `schemata.py`.

use std::{env, error::Error, fs, ops::Range};
use syn::{
    spanned::Spanned,
    visit::{self, Visit},
};

struct Sites<'a> {
    file: &'a str,
}

impl Sites<'_> {
    fn say(&self, kind: &str, wrapped: Range<usize>, replaced: Range<usize>) {
        println!(
            "{}\t{kind}\t{}\t{}\t{}\t{}",
            self.file, wrapped.start, wrapped.end, replaced.start, replaced.end
        );
    }

    /// The whole answer of a function: decided where its body begins. A constant function may have to be
    /// none for what is chosen in its body.
    fn function(&self, signature: &syn::Signature, block: &syn::Block) {
        if let (Some(first), Some(last)) = (block.stmts.first(), block.stmts.last()) {
            let body = range(first).start..range(last).end;
            if let Some(constant) = &signature.constness {
                self.say("const", range(constant), body.clone());
            }
            self.say("body", body.start..body.start, body);
        }
    }
}

fn range(of: &impl Spanned) -> Range<usize> {
    of.span().byte_range()
}

impl<'ast> Visit<'ast> for Sites<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.say("expression", range(binary), range(&binary.op));
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        self.say("expression", range(unary), range(&unary.op));
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, structure: &'ast syn::ExprStruct) {
        for pair in structure.fields.pairs() {
            let field = range(*pair.value());
            let end = pair.punct().map_or(field.end, |comma| range(*comma).end);
            self.say("expression", range(structure), field.start..end);
        }
        visit::visit_expr_struct(self, structure);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            self.say("guard", range(guard), range(guard));
        } else {
            let end = range(&arm.pat).end;
            self.say("arm", end..end, range(arm));
        }
        visit::visit_arm(self, arm);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in env::args().skip(1) {
        let parsed = syn::parse_file(&fs::read_to_string(&file)?)?;
        Sites { file: &file }.visit_file(&parsed);
    }
    Ok(())
}
