//! Which parts of a portal page are not the article. Knows sites and their customs, no forms.

use super::super::{Block, Meta};
use super::dom::{Dom, NodeId};

/// Words of which class names and ids of page furniture are made.
const FURNITURE: [&str; 22] = [
    "nav",
    "navbar",
    "navigation",
    "menu",
    "bread",
    "breadcrumb",
    "breadcrumbs",
    "crumb",
    "crumbs",
    "location",
    "position",
    "header",
    "footer",
    "foot",
    "copyright",
    "sidebar",
    "share",
    "related",
    "search",
    "toolbar",
    "pagination",
    "qrcode",
];

/// Labels of a page's own data, which tell publisher, date and number.
const DATA_LABELS: [&str; 16] = [
    "索引号",
    "发布机构",
    "发布机关",
    "发布单位",
    "发文机关",
    "公开主体",
    "发布日期",
    "发布时间",
    "公开日期",
    "生成日期",
    "成文日期",
    "发文日期",
    "文号",
    "来源",
    "主题分类",
    "有效性",
];

/// Labels after which the publisher stands.
const PUBLISHER: [&str; 3] = ["发布机构", "发布机关", "发布单位"];
/// Labels after which the date of publication stands.
const PUBLISHED: [&str; 3] = ["发布日期", "发布时间", "公开日期"];

/// Sentences from which on a part is text, whatever its class says.
const SENTENCES: usize = 3;
/// Shortest title that can be recognised in the text, in characters.
const TITLE: usize = 8;
/// Longest line of a page's own data, in characters.
const DATA_LINE: usize = 120;

/// Whether an element is furniture by its tag, role, class or id, and holds nothing to lose.
pub(super) fn is_furniture(dom: &Dom, node: NodeId, title: Option<&str>) -> bool {
    let tag = dom.tag(node);
    if matches!(tag, "body" | "html" | "main" | "article" | "td" | "th" | "tr" | "table" | "tbody")
    {
        return false;
    }
    let named = matches!(tag, "nav" | "footer" | "aside" | "header")
        || dom.attribute(node, "role").is_some_and(|role| {
            matches!(
                role.trim(),
                "navigation" | "banner" | "contentinfo" | "search" | "complementary"
            )
        })
        || ["class", "id"]
            .iter()
            .filter_map(|name| dom.attribute(node, name))
            .any(is_furniture_name);
    if named {
        let content = Content::of(dom, node, title);
        return !content.table && !content.title && content.sentences < SENTENCES && !content.data;
    }
    if matches!(tag, "ul" | "ol" | "dl") {
        let content = Content::of(dom, node, title);
        return !content.table
            && content.links >= 2
            && content.linked * 10 >= content.length * 8
            && !content.attachment;
    }
    false
}

fn is_furniture_name(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| FURNITURE.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// What a part of the page holds.
#[derive(Debug, Default)]
struct Content {
    table: bool,
    title: bool,
    data: bool,
    attachment: bool,
    sentences: usize,
    links: usize,
    /// Characters, and those of them in links.
    length: usize,
    linked: usize,
}

impl Content {
    fn of(dom: &Dom, node: NodeId, title: Option<&str>) -> Self {
        let mut content = Self::default();
        let mut open = vec![(node, false)];
        while let Some((node, in_link)) = open.pop() {
            if let Some(text) = dom.text(node) {
                let length = text.chars().filter(|c| !c.is_whitespace()).count();
                content.length += length;
                content.linked += if in_link { length } else { 0 };
                content.sentences += text.matches('。').count();
                content.title |= title.is_some_and(|title| is_title(text, &squeezed(title)));
                content.attachment |= text.contains("附件");
                content.data |= DATA_LABELS.iter().any(|label| text.contains(label));
                continue;
            }
            let tag = dom.tag(node);
            content.table |= tag == "table";
            content.title |= matches!(tag, "h1" | "h2");
            let link = tag == "a" && dom.attribute(node, "href").is_some();
            content.links += usize::from(link);
            if !matches!(tag, "script" | "style") {
                open.extend(dom.children(node).map(|child| (child, in_link || link)));
            }
        }
        content
    }
}

/// Whether a paragraph is a link and no more, or a path to the page.
pub(super) fn is_navigation(text: &str, is_link: bool) -> bool {
    let text = text.trim();
    let path = ["当前位置", "您的位置", "您现在的位置", "您当前的位置", "首页 >", "首页>"];
    path.iter().any(|start| text.starts_with(start))
        || (is_link && text.chars().count() <= 20 && !text.contains("附件"))
}

/// If a table of texts holds the page's own data, its lines `发布日期：2023-01-24`; what they say of
/// publisher and date completes `meta`.
pub(super) fn page_data(rows: &[Vec<&str>], meta: &mut Meta) -> Option<Vec<String>> {
    let label = |text: &str| {
        text.trim().trim_end_matches(['：', ':']).split_whitespace().collect::<String>()
    };
    let known = |text: &str| DATA_LABELS.contains(&label(text).as_str());
    let labels = rows.iter().flatten().filter(|text| known(text)).count();
    if labels < 2 || rows.len() > 12 {
        return None;
    }
    let mut lines = Vec::new();
    for row in rows {
        for pair in row.chunks(2) {
            let name = pair.first().map(|text| label(text)).unwrap_or_default();
            let value = pair.get(1).map(|text| text.trim()).unwrap_or_default();
            if !value.is_empty() {
                let slot = if PUBLISHER.contains(&name.as_str()) {
                    Some(&mut meta.publisher)
                } else if PUBLISHED.contains(&name.as_str()) {
                    Some(&mut meta.published)
                } else {
                    None
                };
                if let Some(slot) = slot {
                    slot.get_or_insert_with(|| value.to_owned());
                }
            }
            lines.push(if name.is_empty() {
                value.to_owned()
            } else {
                format!("{name}：{value}")
            });
        }
    }
    Some(lines)
}

/// Drops what stands above the page's title, except tables and the page's own data. Where a
/// sentence stands above it, the title found is not the article's, and all stays.
pub(super) fn drop_above_title(blocks: &mut Vec<Block>, title: Option<&str>) {
    let Some(title) = title.map(squeezed) else { return };
    let title_stands = |block: &Block| match block {
        Block::Paragraph(paragraph) => is_title(&paragraph.text, &title),
        _ => false,
    };
    let Some(at) = blocks.iter().position(title_stands) else { return };
    let above = blocks.iter().take(at);
    if above.clone().any(|block| matches!(block, Block::Paragraph(p) if p.text.contains('。'))) {
        return;
    }
    let kept: Vec<bool> =
        above.map(is_kept).chain(std::iter::repeat(true)).take(blocks.len()).collect();
    let mut kept = kept.into_iter();
    blocks.retain(|_| kept.next().unwrap_or(true));
}

fn is_kept(block: &Block) -> bool {
    match block {
        Block::Grid(_) => true,
        Block::Picture { .. } => false,
        Block::Paragraph(paragraph) => {
            let text = &paragraph.text;
            text.chars().count() <= DATA_LINE
                && DATA_LABELS.iter().any(|label| text.contains(label))
        }
    }
}

/// Whether a text is a page's title, which often has the site's name after it.
fn is_title(text: &str, title: &str) -> bool {
    let text = squeezed(text);
    text.chars().count() >= TITLE && title.starts_with(&text)
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
