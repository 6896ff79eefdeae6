//! The operators of mutation, those of cargo-mutants: what is made of one file.

use std::ops::Range;

use quote::ToTokens;
use serde::{Deserialize, Serialize};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Signature, UnOp};

use crate::edit::{Edit, Id, Piece, Shape};
use crate::syntax::{bare, has_let, instead_of, is_test, operand, returns};
use crate::values;

/// A mutant, and why there is no switch for it, where there is none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mutant {
    pub id: Id,
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub function: String,
    pub kind: String,
    pub what: String,
    pub without: Option<String>,
}

pub struct File<'a> {
    name: &'a str,
    source: &'a str,
    /// Of modules, types, traits and functions.
    names: Vec<String>,
    in_constant: u32,
    pub mutants: &'a mut Vec<Mutant>,
    pub edits: Vec<Edit>,
    /// The modules that have a file of their own.
    pub modules: Vec<String>,
}

/// Mutates one file. The mutants are added to those of the files before it.
pub fn mutate<'a>(name: &'a str, source: &'a str, mutants: &'a mut Vec<Mutant>) -> Result<File<'a>, syn::Error> {
    let tree = syn::parse_file(source)?;
    let names = Vec::new();
    let mut file = File { name, source, names, in_constant: 0, mutants, edits: Vec::new(), modules: Vec::new() };
    file.visit_file(&tree);
    Ok(file)
}

impl File<'_> {
    fn add(&mut self, at: impl Spanned, kind: &str, what: String, without: Option<&str>) -> Id {
        let start = at.span().start();
        let id = self.mutants.len() as Id + 1;
        let without = if self.in_constant > 0 { Some("known at compile time") } else { without };
        self.mutants.push(Mutant {
            id,
            file: self.name.to_owned(),
            line: start.line,
            column: start.column + 1,
            function: self.names.join("::"),
            kind: kind.to_owned(),
            what,
            without: without.map(str::to_owned),
        });
        id
    }

    fn has_switch(&self, id: Id) -> bool {
        self.mutants[id as usize - 1].without.is_none()
    }

    fn edit(&mut self, place: Range<usize>, shape: Shape) {
        if self.in_constant == 0 {
            self.edits.push(Edit { place, shape });
        }
    }

    fn named(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.names.push(name);
        walk(self);
        self.names.pop();
    }

    fn in_constant(&mut self, walk: impl FnOnce(&mut Self)) {
        self.in_constant += 1;
        walk(self);
        self.in_constant -= 1;
    }

    fn function(&mut self, signature: &Signature, block: &Block, walk: impl FnOnce(&mut Self)) {
        if signature.unsafety.is_some() || block.stmts.is_empty() {
            return;
        }
        self.in_constant += u32::from(signature.constness.is_some());
        self.named(signature.ident.to_string(), |file| {
            match values::iterated(&signature.output) {
                Some(item) => file.iterator_bodies(block, item),
                None => file.bodies(signature, block),
            }
            walk(file);
        });
        self.in_constant -= u32::from(signature.constness.is_some());
    }

    fn bodies(&mut self, signature: &Signature, block: &Block) {
        let body: String = block.stmts.iter().map(|statement| statement.to_token_stream().to_string()).collect();
        let mut early = Vec::new();
        for value in values::of(&signature.output).into_iter().filter(|value| bare(value) != bare(&body)) {
            let id = self.add(&block.stmts[0], "body", format!("body replaced by {value}"), None);
            early.push((id, value));
        }
        let start = block.brace_token.span.open().byte_range().end;
        self.edit(start..start, Shape::Early(early));
    }

    /// All iterators that a function returns are of one type.
    fn iterator_bodies(&mut self, block: &Block, item: &syn::Type) {
        let empty = "::std::iter::empty()".to_owned();
        let once = values::of_type(item).into_iter().map(|value| ("B", format!("::std::iter::once({value})")));
        let values: Vec<(&str, String)> = [("A", empty)].into_iter().chain(once).collect();
        let without = returns(block).then_some("an iterator by return");
        let body = block.stmts[0].span().byte_range().start..block.brace_token.span.close().byte_range().start;
        let mut alternatives = Vec::new();
        for (variant, value) in &values {
            let id = self.add(&block.stmts[0], "body", format!("body replaced by {value}"), without);
            alternatives.push((id, vec![Piece::Code(format!("crate::mutants::Either::{variant}({value})"))]));
        }
        let otherwise = vec![
            Piece::Code("crate::mutants::Either::<::std::iter::Empty<_>, ::std::iter::Once<_>, _>::C({ ".into()),
            Piece::Mutated(body.clone()),
            Piece::Code(" })".into()),
        ];
        if without.is_none() {
            let (before, after) = (String::new(), " ".into());
            self.edit(body, Shape::Choice { before, alternatives, otherwise, after });
        }
    }

    fn choice(&mut self, place: Range<usize>, alternatives: Vec<(Id, Vec<Piece>)>) {
        let otherwise = vec![Piece::Mutated(place.clone())];
        self.edit(place, Shape::Choice { before: "(".into(), alternatives, otherwise, after: ")".into() });
    }
}

impl<'ast> Visit<'ast> for File<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test(&item.attrs) {
            return;
        }
        if item.content.is_none() {
            self.modules.push(item.ident.to_string());
        }
        self.named(item.ident.to_string(), |file| visit::visit_item_mod(file, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if is_test(&item.attrs) || of.is_some_and(|last| last.ident == "Default") {
            return;
        }
        let ty = self.source[item.self_ty.span().byte_range()].to_owned();
        self.named(ty, |file| visit::visit_item_impl(file, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if !is_test(&item.attrs) {
            self.named(item.ident.to_string(), |file| visit::visit_item_trait(file, item));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            self.function(&item.sig, &item.block, |file| visit::visit_item_fn(file, item));
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) && item.sig.ident != "new" {
            self.function(&item.sig, &item.block, |file| visit::visit_impl_item_fn(file, item));
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = item.default.as_ref().filter(|_| !is_test(&item.attrs) && item.sig.ident != "new") {
            self.function(&item.sig, block, |file| visit::visit_trait_item_fn(file, item));
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.in_constant(|file| visit::visit_item_const(file, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.in_constant(|file| visit::visit_item_static(file, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.in_constant(|file| visit::visit_impl_item_const(file, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast syn::TraitItemConst) {
        self.in_constant(|file| visit::visit_trait_item_const(file, item));
    }

    fn visit_expr_const(&mut self, expression: &'ast syn::ExprConst) {
        self.in_constant(|file| visit::visit_expr_const(file, expression));
    }

    fn visit_expr_repeat(&mut self, expression: &'ast syn::ExprRepeat) {
        self.visit_expr(&expression.expr);
        self.in_constant(|file| file.visit_expr(&expression.len));
    }

    fn visit_type(&mut self, ty: &'ast syn::Type) {
        self.in_constant(|file| visit::visit_type(file, ty));
    }

    fn visit_generic_argument(&mut self, argument: &'ast syn::GenericArgument) {
        self.in_constant(|file| visit::visit_generic_argument(file, argument));
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.in_constant(|file| visit::visit_variant(file, variant));
    }

    fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
        self.in_constant(|file| visit::visit_pat(file, pattern));
    }

    /// How much room is asked for is no behaviour.
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let to = match &*call.func {
            Expr::Path(path) => path.path.segments.last(),
            _ => None,
        };
        if to.is_none_or(|last| last.ident != "with_capacity") {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let written = self.source[binary.op.span().byte_range()].to_owned();
        let without = (has_let(&binary.left) || has_let(&binary.right)).then_some("a chain of `let`");
        let mut alternatives = Vec::new();
        for instead in instead_of(&binary.op) {
            let id = self.add(binary.op, "binary", format!("{written} replaced by {instead}"), without);
            let operator = Piece::Code(format!(" {instead} "));
            let pieces = [operand(&binary.left), vec![operator], operand(&binary.right)].concat();
            alternatives.push((id, pieces));
        }
        if without.is_none() && !alternatives.is_empty() {
            self.choice(binary.span().byte_range(), alternatives);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if matches!(unary.op, UnOp::Not(_) | UnOp::Neg(_)) {
            let written = self.source[unary.op.span().byte_range()].to_owned();
            let id = self.add(unary.op, "unary", format!("{written} removed"), None);
            self.choice(unary.span().byte_range(), vec![(id, operand(&unary.expr))]);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            let without = has_let(guard).then_some("a guard with `let`");
            let always = self.add(guard, "guard", "guard of the arm replaced by true".into(), without);
            let never = self.add(guard, "guard", "guard of the arm replaced by false".into(), without);
            if self.has_switch(always) {
                let place = guard.span().byte_range();
                let (always, never) = (Some(always), Some(never));
                self.edit(place.clone(), Shape::Guard { deleted: None, always, never, guard: Some(place) });
            }
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_match(&mut self, of: &'ast syn::ExprMatch) {
        let is_wild = |arm: &syn::Arm| matches!(arm.pat, syn::Pat::Wild(_));
        let has_rest = of.arms.iter().any(is_wild);
        // Where the rest has a guard, each arm is needed.
        let without = of.arms.iter().any(|arm| is_wild(arm) && arm.guard.is_none());
        let without = (!without).then_some("does not compile");
        for arm in of.arms.iter().filter(|arm| has_rest && !is_wild(arm) && arm.guard.is_none()) {
            let pattern = arm.pat.span().byte_range();
            let shown: Vec<&str> = self.source[pattern.clone()].split_whitespace().collect();
            let id = self.add(arm, "arm", format!("arm {} deleted", shown.join(" ")), without);
            let place = pattern.end..pattern.end;
            if without.is_some() {
                continue;
            }
            self.edit(place, Shape::Guard { deleted: Some(id), always: None, never: None, guard: None });
        }
        visit::visit_expr_match(self, of);
    }

    fn visit_expr_struct(&mut self, of: &'ast syn::ExprStruct) {
        let path = self.source[of.path.span().byte_range()].to_owned();
        if let Some(rest) = &of.rest {
            for field in &of.fields {
                let syn::Member::Named(name) = &field.member else { continue };
                let id = self.add(field, "field", format!("field {name} of {path} left to the rest"), None);
                let instead = vec![
                    Piece::Code(format!("let rest: {path} = ")),
                    Piece::Plain(rest.span().byte_range()),
                    Piece::Code(format!("; rest.{name}")),
                ];
                let value = field.expr.span().byte_range();
                let before = format!("{name}: ");
                let otherwise = vec![Piece::Mutated(value)];
                let after = String::new();
                let shape = Shape::Choice { before, alternatives: vec![(id, instead)], otherwise, after };
                self.edit(field.span().byte_range(), shape);
            }
        }
        visit::visit_expr_struct(self, of);
    }
}
