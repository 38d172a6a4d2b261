//! A small document tree on html5ever, with a budget. html5ever repairs markup as browsers do,
//! and as in browsers a small hostile page can make it build millions of nodes; the tree counts,
//! and the parser is fed in pieces so that it can be stopped.

use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, local_name, ns, parse_document};

use super::super::Refusal;
use super::style::Look;

/// Most nodes of one page. A report of 300 cells pasted from Word has about 10,000.
const NODES: usize = 400_000;
/// Bytes fed to the parser at once.
const PIECE: usize = 2 << 10;

/// A node's place in [`Dom`].
pub(super) type NodeId = usize;

/// The root, which is no element.
pub(super) const ROOT: NodeId = 0;

/// A parsed page.
#[derive(Debug)]
pub(super) struct Dom {
    nodes: Vec<Node>,
    /// What [`TreeSink::elem_name`] answers for a node that is none.
    no_name: QualName,
}

#[derive(Debug, Default)]
struct Node {
    kind: Kind,
    parent: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
    first: Option<NodeId>,
    last: Option<NodeId>,
    look: Look,
}

#[derive(Debug, Default)]
enum Kind {
    /// Document, comment, processing instruction.
    #[default]
    Other,
    Text(String),
    Element(QualName, Vec<Attribute>),
}

/// Parses a page.
pub(super) fn parse(text: &str) -> Result<Dom, Refusal> {
    let mut parser = parse_document(Sink::new(), ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(boundary(rest));
        parser.process(StrTendril::from(piece));
        if parser.tokenizer.sink.sink.spent.get() {
            return Err(Refusal::TooLarge(format!("a page of more than {NODES} nodes")));
        }
        rest = after;
    }
    Ok(parser.finish())
}

/// The end of the next piece, between two characters.
fn boundary(text: &str) -> usize {
    (0..=PIECE.min(text.len()))
        .rev()
        .find(|at| *at > 0 && text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

impl Dom {
    /// The nodes below one, in order.
    pub(super) fn children(&self, parent: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.nodes.get(parent).and_then(|node| node.first);
        std::iter::successors(first, |node| self.nodes.get(*node).and_then(|node| node.next))
    }

    /// The tag of an element in lower case, or `""`.
    pub(super) fn tag(&self, node: NodeId) -> &str {
        match self.nodes.get(node).map(|node| &node.kind) {
            Some(Kind::Element(name, _)) => &name.local,
            _ => "",
        }
    }

    /// The text of a text node.
    pub(super) fn text(&self, node: NodeId) -> Option<&str> {
        match self.nodes.get(node).map(|node| &node.kind) {
            Some(Kind::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// An attribute of an element.
    pub(super) fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        match self.nodes.get(node).map(|node| &node.kind) {
            Some(Kind::Element(_, attributes)) => {
                attributes.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
            }
            _ => None,
        }
    }

    /// Every element, outer ones and earlier ones not always first.
    pub(super) fn elements(&self) -> impl Iterator<Item = NodeId> + '_ {
        let is_element = |node: &NodeId| !self.tag(*node).is_empty();
        (0..self.nodes.len()).filter(is_element)
    }

    /// What a node stands in.
    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes.get(node)?.parent
    }

    /// How an element looks by its style.
    pub(super) fn look(&self, node: NodeId) -> Look {
        self.nodes.get(node).map(|node| node.look).unwrap_or_default()
    }

    /// Leaves nothing of a text.
    pub(super) fn clear(&mut self, node: NodeId) {
        if let Some(Node { kind: Kind::Text(text), .. }) = self.nodes.get_mut(node) {
            text.clear();
        }
    }

    pub(super) fn set_look(&mut self, node: NodeId, look: Look) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.look = look;
        }
    }

    /// The deepest nesting of elements. Depth is found without recursion.
    pub(super) fn depth(&self) -> usize {
        let mut deepest = 0;
        let mut open = vec![(ROOT, 0_usize)];
        while let Some((node, depth)) = open.pop() {
            deepest = deepest.max(depth);
            open.extend(self.children(node).map(|child| (child, depth + 1)));
        }
        deepest
    }

    fn detach(&mut self, node: NodeId) {
        let Some(links) = self.nodes.get_mut(node) else { return };
        let (parent, previous, next) =
            (links.parent.take(), links.previous.take(), links.next.take());
        match previous.and_then(|previous| self.nodes.get_mut(previous)) {
            Some(previous) => previous.next = next,
            None => {
                if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
                    parent.first = next;
                }
            }
        }
        match next.and_then(|next| self.nodes.get_mut(next)) {
            Some(next) => next.previous = previous,
            None => {
                if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
                    parent.last = previous;
                }
            }
        }
    }

    /// Puts a node below `parent`, before `next` or last.
    fn attach(&mut self, parent: NodeId, next: Option<NodeId>, node: NodeId) {
        self.detach(node);
        let previous = match next {
            Some(next) => self.nodes.get(next).and_then(|next| next.previous),
            None => self.nodes.get(parent).and_then(|parent| parent.last),
        };
        if let Some(links) = self.nodes.get_mut(node) {
            (links.parent, links.previous, links.next) = (Some(parent), previous, next);
        }
        match previous.and_then(|previous| self.nodes.get_mut(previous)) {
            Some(previous) => previous.next = Some(node),
            None => {
                if let Some(parent) = self.nodes.get_mut(parent) {
                    parent.first = Some(node);
                }
            }
        }
        match next.and_then(|next| self.nodes.get_mut(next)) {
            Some(next) => next.previous = Some(node),
            None => {
                if let Some(parent) = self.nodes.get_mut(parent) {
                    parent.last = Some(node);
                }
            }
        }
    }

    /// Puts text below `parent`, before `next` or last; joins it to text already there.
    fn attach_text(&mut self, parent: NodeId, next: Option<NodeId>, text: &str) {
        let before = match next {
            Some(next) => self.nodes.get(next).and_then(|next| next.previous),
            None => self.nodes.get(parent).and_then(|parent| parent.last),
        };
        if let Some(Kind::Text(known)) =
            before.and_then(|node| self.nodes.get_mut(node)).map(|node| &mut node.kind)
        {
            known.push_str(text);
            return;
        }
        let node = self.add(Kind::Text(text.to_owned()));
        self.attach(parent, next, node);
    }

    fn add(&mut self, kind: Kind) -> NodeId {
        self.nodes.push(Node { kind, ..Node::default() });
        self.nodes.len() - 1
    }
}

/// Takes the parser's orders. After the budget is spent it takes none.
#[derive(Debug)]
struct Sink {
    dom: RefCell<Dom>,
    spent: Cell<bool>,
}

impl Sink {
    fn new() -> Self {
        let no_name = QualName::new(None, ns!(html), local_name!(""));
        let dom = Dom { nodes: vec![Node::default()], no_name };
        Self { dom: RefCell::new(dom), spent: Cell::new(false) }
    }

    fn add(&self, kind: Kind) -> NodeId {
        let mut dom = self.dom.borrow_mut();
        if dom.nodes.len() >= NODES {
            self.spent.set(true);
            return dom.nodes.len() - 1;
        }
        dom.add(kind)
    }

    fn insert(&self, parent: NodeId, next: Option<NodeId>, child: NodeOrText<NodeId>) {
        if self.spent.get() {
            return;
        }
        let mut dom = self.dom.borrow_mut();
        match child {
            NodeOrText::AppendNode(node) => dom.attach(parent, next, node),
            NodeOrText::AppendText(text) => dom.attach_text(parent, next, &text),
        }
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Dom;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Dom {
        self.dom.into_inner()
    }

    fn parse_error(&self, _: std::borrow::Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        Ref::map(self.dom.borrow(), |dom| match dom.nodes.get(*target).map(|node| &node.kind) {
            Some(Kind::Element(name, _)) => name,
            _ => &dom.no_name,
        })
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        _: ElementFlags,
    ) -> NodeId {
        self.add(Kind::Element(name, attributes))
    }

    fn create_comment(&self, _: StrTendril) -> NodeId {
        self.add(Kind::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.add(Kind::Other)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.insert(*parent, None, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &NodeId,
        previous: &NodeId,
        child: NodeOrText<NodeId>,
    ) {
        let has_parent =
            self.dom.borrow().nodes.get(*element).is_some_and(|node| node.parent.is_some());
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template is never shown, so its contents may hang below itself.
    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        *target
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let parent = self.dom.borrow().nodes.get(*sibling).and_then(|node| node.parent);
        if let Some(parent) = parent {
            self.insert(parent, Some(*sibling), child);
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut dom = self.dom.borrow_mut();
        if let Some(Kind::Element(_, known)) = dom.nodes.get_mut(*target).map(|node| &mut node.kind)
        {
            for attribute in attributes {
                if !known.iter().any(|a| a.name == attribute.name) {
                    known.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        if !self.spent.get() {
            self.dom.borrow_mut().detach(*target);
        }
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        if self.spent.get() {
            return;
        }
        let mut dom = self.dom.borrow_mut();
        while let Some(child) = dom.nodes.get(*node).and_then(|node| node.first) {
            dom.attach(*new_parent, None, child);
        }
    }
}
