//! OFD (GB/T 33190-2016), the national fixed-layout format: a zip container of XML parts in;
//! glyphs and ruling lines out to `lattice`, as with PDF.
//!
//! `OFD.xml` names the documents, each document its pages in order and the templates under them.
//! Text stands in `TextCode` with the place of each character; what `CGTransform` says about glyphs
//! of a font does not matter. Seals and annotations are parts of their own, and left out.
//!
//! Lengths are millimetres. A part is named from the folder of the part that names it, or from the
//! container's root with a leading slash.

mod geometry;
mod page;
mod resources;

use super::assembly::Assembly;
use super::container::Container;
use super::lattice::{self, Page};
use super::xml::{self, Xml};
use super::{Document, Format, Limits, Meta, Pictured, Refusal};
use geometry::Rect;
use resources::Resources;

/// Pages of the thickest file that may be a report, or reports of many offices bound together.
const MOST_PAGES: usize = 2_000;
/// A page whose size is not given is A4.
const A4: Rect = Rect { x: 0.0, y: 0.0, width: 210.0, height: 297.0 };

/// A page or template as its document names it.
#[derive(Debug)]
struct Named {
    id: String,
    path: String,
}

/// What a document part says.
#[derive(Debug)]
struct Root {
    area: Rect,
    templates: Vec<Named>,
    pages: Vec<Named>,
    /// Parts with what the pages share.
    resources: Vec<String>,
}

/// Reads an OFD file.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    let mut budget = page::Budget::default();
    let mut pages: Vec<Page> = Vec::new();
    for path in document_paths(&mut container, limits)? {
        let root = document_root(&mut container, &path, limits)?;
        let mut resources = Resources::default();
        for part in &root.resources {
            resources.add(&mut container, part, limits)?;
        }
        for named in &root.pages {
            if pages.len() >= MOST_PAGES {
                return Err(Refusal::TooLarge(format!("more than {MOST_PAGES} pages")));
            }
            let number = u32::try_from(pages.len() + 1).unwrap_or(u32::MAX);
            let text = required(&mut container, &named.path)?;
            let content = xml::decode(&text)?;
            let head = page::head(&content, &named.path, limits)?;
            let area = head.area.unwrap_or(root.area);
            let mut page = page::Drawing::new(number, area, &resources, &mut budget);
            for id in &head.templates {
                if let Some(template) = root.templates.iter().find(|t| t.id == *id) {
                    let text = required(&mut container, &template.path)?;
                    page.draw(&xml::decode(&text)?, &template.path, limits)?;
                }
            }
            page.draw(&content, &named.path, limits)?;
            pages.push(page.finish());
        }
    }
    // What is on such a page would be missing.
    if pages.iter().any(Page::is_unencoded) {
        return Err(to_be_recognised(Pictured::Unencoded));
    }
    let mut assembly = Assembly::new(limits);
    lattice::read(pages, &mut assembly).map_err(|refusal| match refusal {
        Refusal::Unrecognised(pictured) => to_be_recognised(pictured),
        refusal => refusal,
    })?;
    Ok(assembly.finish(Format::Ofd, Meta::default()))
}

/// No program is asked to recognise pages of this format.
fn to_be_recognised(pictured: Pictured) -> Refusal {
    let found = match pictured {
        Pictured::Scan => "图片或扫描件做成的 OFD 文件",
        Pictured::Unencoded => "文字无法提取的 OFD 文件",
    };
    let remedy = "请提交 Word 等文字版文件，扫描件请提交 PDF";
    Refusal::Unsupported { found: found.into(), remedy: remedy.into() }
}

fn required(container: &mut Container<'_>, path: &str) -> Result<Vec<u8>, Refusal> {
    container.part(path)?.ok_or_else(|| Refusal::Damaged(format!("{path} is missing")))
}

/// The parts `OFD.xml` names as documents.
fn document_paths(container: &mut Container<'_>, limits: &Limits) -> Result<Vec<String>, Refusal> {
    let bytes = required(container, "OFD.xml")?;
    let text = xml::decode(&bytes)?;
    let mut xml = Xml::new(&text, "OFD.xml", limits);
    let mut paths = Vec::new();
    while xml.child()?.is_some() {
        while let Some(body) = xml.child()? {
            if body.name() != "DocBody" {
                xml.skip()?;
                continue;
            }
            while let Some(element) = xml.child()? {
                if element.name() == "DocRoot" {
                    let mut path = String::new();
                    xml.text(&mut path)?;
                    paths.push(resolve("", path.trim()));
                } else {
                    xml.skip()?;
                }
            }
        }
    }
    Ok(paths)
}

fn document_root(
    container: &mut Container<'_>,
    path: &str,
    limits: &Limits,
) -> Result<Root, Refusal> {
    let bytes = required(container, path)?;
    let text = xml::decode(&bytes)?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut xml = Xml::new(&text, path, limits);
    let mut root =
        Root { area: A4, templates: Vec::new(), pages: Vec::new(), resources: Vec::new() };
    while xml.child()?.is_some() {
        while let Some(element) = xml.child()? {
            match element.name() {
                "CommonData" => common_data(&mut xml, folder, &mut root)?,
                "Pages" => {
                    while let Some(page) = xml.child()? {
                        root.pages.extend(named(&page, folder));
                        xml.skip()?;
                    }
                }
                _ => xml.skip()?,
            }
        }
    }
    Ok(root)
}

fn common_data(xml: &mut Xml<'_>, folder: &str, root: &mut Root) -> Result<(), Refusal> {
    while let Some(element) = xml.child()? {
        match element.name() {
            "PageArea" => {
                if let Some(area) = page::page_area(xml)? {
                    root.area = area;
                }
            }
            "PublicRes" | "DocumentRes" => {
                let mut path = String::new();
                xml.text(&mut path)?;
                root.resources.push(resolve(folder, path.trim()));
            }
            "TemplatePage" => {
                root.templates.extend(named(&element, folder));
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn named(element: &xml::Element<'_>, folder: &str) -> Option<Named> {
    let path = resolve(folder, element.attribute("BaseLoc")?.trim());
    let id = element.attribute("ID").unwrap_or_default().into_owned();
    Some(Named { id, path })
}

/// The name of a part in the container.
fn resolve(folder: &str, path: &str) -> String {
    let mut names: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|name| !name.is_empty()).collect(),
    };
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}

#[cfg(test)]
mod tests;
