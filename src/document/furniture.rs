//! The furniture of government web sites: what stands around an article on every page, and after
//! it when the page was saved as text. It knows sites, no forms.

use super::Block;

/// Longest line, in characters, that may be furniture. A report's sentence that happens to speak
/// of 打印 or 分享 is longer.
const LONGEST: usize = 80;

/// Words that stand in a page's foot or tool bar and never in a report's last lines.
const WORDS: [&str; 29] = [
    "版权所有",
    "ICP备",
    "ICP证",
    "公网安备",
    "网站标识码",
    "备案序号",
    "网站地图",
    "无障碍",
    "长者模式",
    "适老化",
    "关怀版",
    "扫一扫",
    "分享到",
    "分享：",
    "打印本页",
    "【打印",
    "关闭窗口",
    "关闭本页",
    "返回顶部",
    "上一篇",
    "下一篇",
    "责任编辑",
    "相关附件",
    "相关信息",
    "相关链接",
    "浏览次数",
    "Copyright",
    "主办：",
    "主办单位",
];

/// Whether a line of a page's end is the site's and not the report's.
pub(super) fn is_furniture(text: &str) -> bool {
    text.chars().count() <= LONGEST && WORDS.iter().any(|word| text.contains(word))
}

/// Drops the site's lines after the report's last one. A table or a picture ends the search: after
/// it nothing is sure.
pub(super) fn drop_trailing(blocks: &mut Vec<Block>) {
    while let Some(Block::Paragraph(paragraph)) = blocks.last() {
        if !is_furniture(&paragraph.text) {
            break;
        }
        blocks.pop();
    }
}
