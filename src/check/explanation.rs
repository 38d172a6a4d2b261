//! Whether an explanation explains anything.

/// What is said where nothing is: 经核实，数据无误. Longer ones first.
const HOLLOW: [&str; 44] = [
    "没有任何问题",
    "不存在问题",
    "没有问题",
    "情况属实",
    "核实无误",
    "核对无误",
    "确认无误",
    "准确无误",
    "填报无误",
    "报送无误",
    "真实准确",
    "我单位",
    "本单位",
    "无问题",
    "经核实",
    "经核对",
    "经核查",
    "已核实",
    "已核对",
    "已核查",
    "已确认",
    "已说明",
    "核实过",
    "无误",
    "属实",
    "核实",
    "核对",
    "核查",
    "确认",
    "正确",
    "准确",
    "真实",
    "数据",
    "数字",
    "情况",
    "以上",
    "说明",
    "报告",
    "知悉",
    "知道",
    "已阅",
    "同意",
    "收到",
    "OK",
];

/// Words that carry nothing by themselves.
const FILLING: &str =
    "的了经已均都该此为是无有没对实属系确本我们镇乡局街道县区单位请是否过再次全部完";

/// Fewer characters left are no explanation.
const LEAST: usize = 3;

/// Whether a text gives no reason: it is empty, or says only that all is well.
pub fn is_hollow(text: &str) -> bool {
    let mut rest: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    for word in HOLLOW {
        rest = rest.replace(word, "");
    }
    let told = rest.chars().filter(|c| !FILLING.contains(*c));
    told.count() < LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_says_that_all_is_well_explains_nothing() {
        for hollow in [
            "",
            " ",
            "。",
            "核实无误",
            "无误",
            "已核实",
            "情况属实",
            "经核实，数据无误。",
            "已核实，情况属实",
            "本单位已核对，数据真实准确",
            "无",
            "OK",
            "正确",
            "没有问题",
            "……",
            "经我镇核实，数字无误",
        ] {
            assert!(is_hollow(hollow), "{hollow}");
        }
    }

    #[test]
    fn a_reason_is_a_reason() {
        for reason in [
            "2022年清理规范性文件，宣布失效17件",
            "机构改革划出",
            "经核实，上年报告漏计2件，已在上年报告中更正",
            "许可事项下放到乡镇",
            "文件自然失效，未另行废止",
        ] {
            assert!(!is_hollow(reason), "{reason}");
        }
    }
}
