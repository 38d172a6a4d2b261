//! What real reports do to the official tables (domain notes, "Quirks a parser must survive"), each
//! as a small page or text that is read, laid over the forms and checked.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(clippy::panic, reason = "a failing test panics")]

use gouji::check::{Findings, Policy, check};
use gouji::document::{self, Block, Document, Limits, Source};
use gouji::form::{Form, Forms, Row, Severity, Table};
use gouji::report::{self, CellValue, Report};

fn forms() -> Forms {
    Forms::load(None).map_err(|e| e.to_string()).unwrap()
}

fn lay(name: &str, text: &str) -> Report {
    let document = document::read(text.as_bytes(), name, &Limits::default()).unwrap();
    report::lay(&document, &forms(), name).unwrap_or_else(|| panic!("no report in\n{text}"))
}

fn checked(name: &str, text: &str) -> (Report, Findings) {
    with_findings(lay(name, text))
}

fn with_findings(report: Report) -> (Report, Findings) {
    let found = check(&report, &forms(), &Policy::default());
    (report, found)
}

/// A page as if its characters had been recognised on a scan.
fn scan(text: &str) -> Document {
    let document = document::read(text.as_bytes(), "a.html", &Limits::default()).unwrap();
    Document { source: Source::Ocr, ..document }
}

fn scanned(name: &str, text: &str) -> (Report, Findings) {
    with_findings(report::lay(&scan(text), &forms(), name).unwrap())
}

/// A cell as text: the number, `blank`, `placeholder`, `text`, or `absent`.
fn shown(report: &Report, id: &str) -> String {
    let cell = report.cells.iter().find(|(known, _)| known.to_string() == id);
    match cell.map(|(_, c)| &c.value) {
        Some(CellValue::Number(n)) => n.to_string(),
        Some(CellValue::Blank) => "blank".into(),
        Some(CellValue::Placeholder) => "placeholder".into(),
        Some(CellValue::Text(_)) => "text".into(),
        None => "absent".into(),
    }
}

fn rules(found: &Findings) -> Vec<&str> {
    found.findings.iter().map(|f| f.rule.as_str()).collect()
}

const HEAD: &str = "<h1>青塘镇2019年政府信息公开工作年度报告</h1>";

/// Table III of a form as HTML rows; `row` gives the cells of each, label first.
fn requests(form: &Form, row: impl Fn(&Table, &Row, usize) -> Option<Vec<String>>) -> String {
    let table = form.table("requests").unwrap();
    let mut html = String::from(
        "<table><tr><td rowspan=3 colspan=3>（本列数据的勾稽关系为…）</td><td colspan=7>申请人情况</td></tr>\
         <tr><td rowspan=2>自然人</td><td colspan=5>法人或其他组织</td><td rowspan=2>总计</td></tr>\
         <tr><td>商业企业</td><td>科研机构</td><td>社会公益组织</td><td>法律服务机构</td><td>其他</td></tr>",
    );
    for (index, form_row) in table.value_rows().enumerate() {
        if let Some(cells) = row(table, form_row, index) {
            html.push_str("<tr>");
            for (n, cell) in cells.iter().enumerate() {
                html.push_str(&if n == 0 {
                    format!("<td colspan=3>{cell}</td>")
                } else {
                    format!("<td>{cell}</td>")
                });
            }
            html.push_str("</tr>");
        }
    }
    html + "</table>"
}

/// Something of each row of table III that has values, one after the other.
fn of_each_row(form: &Form, of_row: impl Fn(&Row, usize) -> String) -> String {
    let rows = form.table("requests").unwrap().value_rows().enumerate();
    rows.map(|(index, row)| of_row(row, index)).collect()
}

/// Seven values that tell their row: the row's number in the last column.
fn numbered(index: usize) -> Vec<String> {
    let n = (index + 1).to_string();
    vec![n.clone(), "0".into(), "0".into(), "0".into(), "0".into(), "0".into(), n]
}

fn labelled(row: &Row, index: usize) -> Vec<String> {
    std::iter::once(row.label.clone()).chain(numbered(index)).collect()
}

fn assert_numbered(report: &Report, form: &Form, except: &[&str]) {
    for (index, row) in form.table("requests").unwrap().value_rows().enumerate() {
        if !except.contains(&row.id.as_str()) {
            let id = format!("requests.{}.total", row.id);
            assert_eq!(shown(report, &id), (index + 1).to_string(), "{id}");
        }
    }
}

#[test]
fn misprinted_shredded_and_traditional_labels_find_their_rows() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| {
        let label = row
            .label
            .replace("不予处理", "不于处理")
            .replace("信息", "資 訊")
            .replace("公开", "公<br>开")
            .replace("其他", "其它")
            .replace("一、本年", "1．本 年");
        let label = label.replace("資 訊", "信 息").replace("属于", "屬于");
        Some(std::iter::once(label).chain(numbered(index)).collect())
    });
    assert_numbered(&lay("a.html", &format!("{HEAD}{table}")), form, &[]);
}

#[test]
fn a_missing_row_moves_no_other_and_leaves_its_checks_undecided() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let table = requests(form, |_, row, index| (row.id != "granted").then(|| labelled(row, index)));
    let (report, found) = checked("a.html", &format!("{HEAD}{table}"));
    assert_numbered(&report, form, &["granted"]);
    assert_eq!(shown(&report, "requests.granted.total"), "absent");
    assert!(
        found.findings.iter().any(|f| f.rule == "row-missing" && f.place == "requests.granted")
    );
    assert!(!rules(&found).contains(&"requests-result-total"));
}

#[test]
fn a_row_the_form_does_not_know_moves_no_other() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| Some(labelled(row, index)))
        .replace("<tr><td colspan=3>（七）总计", "<tr><td colspan=3>本省要求另行统计的数量</td><td>9</td><td>9</td><td>9</td><td>9</td><td>9</td><td>9</td><td>9</td></tr><tr><td colspan=3>（七）总计");
    let report = lay("a.html", &format!("{HEAD}{table}"));
    assert_numbered(&report, form, &[]);
    assert_eq!(report.unknown_rows.len(), 1);
    assert_eq!(report.unknown_rows[0].label, "本省要求另行统计的数量");
}

#[test]
fn rows_that_lost_their_label_are_told_by_their_neighbours() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| {
        let lost = matches!(row.id.as_str(), "denied_state_secret" | "denied_law_prohibited");
        let label = if lost { String::new() } else { row.label.clone() };
        Some(std::iter::once(label).chain(numbered(index)).collect())
    });
    assert_numbered(&lay("a.html", &format!("{HEAD}{table}")), form, &[]);
}

#[test]
fn a_group_label_followed_by_all_values_of_its_rows_is_spread_and_said() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let denied = |row: &Row| row.id.starts_with("denied_");
    let table = requests(form, |table, row, index| {
        if !denied(row) {
            return Some(labelled(row, index));
        }
        let all = table
            .value_rows()
            .enumerate()
            .filter(|(_, r)| denied(r))
            .flat_map(|(i, _)| numbered(i));
        (row.id == "denied_state_secret")
            .then(|| std::iter::once("（三）不予公开".into()).chain(all).collect())
    });
    let (report, found) = checked("a.html", &format!("{HEAD}{table}"));
    assert_numbered(&report, form, &[]);
    let lost: Vec<_> = found.findings.iter().filter(|f| f.rule == "sublabels-lost").collect();
    assert_eq!(lost.len(), 1);
    assert!(lost[0].message.contains("下面的8个小项名称缺失"), "{}", lost[0].message);
}

#[test]
fn text_that_kept_one_value_a_row_kept_the_totals() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let mut text =
        String::from("青塘镇2019年政府信息公开工作年度报告\n三、收到和处理政府信息公开申请情况\n");
    for (index, row) in form.table("requests").unwrap().value_rows().enumerate() {
        text.push_str(&format!("{}\t{}\n", row.label, index + 1));
    }
    let report = lay("a.txt", &text);
    assert_numbered(&report, form, &[]);
    assert_eq!(shown(&report, "requests.new_requests.natural_person"), "blank");
}

#[test]
fn columns_are_told_by_their_headers_where_cells_are_padded_or_a_remark_column_follows() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let mut text = String::from(
        "# 青塘镇2022年政府信息公开工作年度报告\n\n| | | | 自然人 | 法人或其他组织 | | | | | 总计 | 备注 |\n|--|--|--|--|--|--|--|--|--|--|--|\n| | | | | 商业企业 | 科研机构 | 社会公益组织 | 法律服务机构 | 其他 | | |\n",
    );
    for (index, row) in form.table("requests").unwrap().value_rows().enumerate() {
        let n = index + 1;
        text.push_str(&format!("| {} | | | {n} | | | | | 0 | {n} | 已核 |\n", row.label));
    }
    let report = lay("a.md", &text);
    assert_numbered(&report, form, &[]);
    assert_eq!(shown(&report, "requests.granted.business"), "blank");
    assert_eq!(shown(&report, "requests.granted.other_org"), "0");
}

#[test]
fn columns_in_another_order_are_told_by_the_headers_right_over_them() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let rows = of_each_row(form, |row, index| {
        let others = "<td>0</td>".repeat(5);
        format!("<tr><td>{}</td><td>{}</td><td>1</td>{others}</tr>", row.label, index + 1)
    });
    let page = format!(
        "<h1>松坪镇2022年政府信息公开工作年度报告</h1><table><tr><td rowspan=2>事项</td>\
         <td rowspan=2>总计</td><td rowspan=2>自然人</td><td colspan=5>法人或其他组织</td></tr>\
         <tr><td>商业企业</td><td>科研机构</td><td>社会公益组织</td><td>法律服务机构</td><td>其他</td></tr>\
         {rows}</table>"
    );
    let report = lay("a.html", &page);
    assert_numbered(&report, form, &[]);
    assert_eq!(shown(&report, "requests.granted.natural_person"), "1");
    assert_eq!(shown(&report, "requests.granted.business"), "0");
}

#[test]
fn a_page_whose_cells_are_divs_has_tables() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let rows = of_each_row(form, |row, index| {
        let figures = format!("{}<div>{}</div>", "<div>0</div>".repeat(6), 2 * index);
        format!("<div class=tr><div>{}</div>{figures}</div>", row.label)
    });
    let page = format!(
        "<h1>石门镇2023年政府信息公开工作年度报告</h1><div>三、收到和处理政府信息公开申请情况</div>\
         <div>自然人</div><div>商业企业</div><div>总计</div>{rows}<div>五、存在的主要问题及改进情况</div>\
         <p>公开的深度还不够。</p>"
    );
    let report = lay("a.html", &page);
    assert_eq!(shown(&report, "requests.granted.business"), "0");
    assert_eq!(shown(&report, "requests.granted.total"), "4");
    assert_eq!(shown(&report, "requests.carried_out.total"), "48");
}

/// A row of plain text that stands out of line has blank cells that mean nothing.
#[test]
fn values_out_of_line_are_counted_off_or_undecided() {
    let forms = forms();
    let table = forms.get("2021").unwrap().table("requests").unwrap();
    let mut text = String::new();
    for row in table.value_rows() {
        let values = match row.id.as_str() {
            "new_requests" => "\t1\t2\t\t3\t4\t5\t6\t21\t",
            "granted" => "\t\t7\t\t\t7\t\t\t\t",
            _ => "\t0\t0\t0\t0\t0\t0\t0",
        };
        text.push_str(&format!("{}{values}\n", row.label));
    }
    let report = lay("a.txt", &with_title(&text));
    assert_eq!(shown(&report, "requests.new_requests.business"), "2");
    assert_eq!(shown(&report, "requests.new_requests.research_institute"), "3");
    assert_eq!(shown(&report, "requests.new_requests.total"), "21");
    assert_eq!(shown(&report, "requests.granted.natural_person"), "text");
    assert_eq!(shown(&report, "requests.granted.total"), "text");
}

#[test]
fn table_four_is_found_by_its_fifteen_values_under_broken_headers() {
    let page = format!(
        "{HEAD}<table><tr><td colspan=5>行政复议</td><td colspan=10>行政诉讼</td></tr>\
         <tr>{}</tr><tr>{}</tr></table>",
        "<td>结 果 维 持</td><td>结果<br>纠正</td><td>其他结果</td><td>尚未审结</td><td>总计</td>"
            .repeat(3),
        (1..=15).map(|n| format!("<td>{n}</td>")).collect::<String>(),
    );
    let report = lay("a.html", &page);
    assert_eq!(shown(&report, "disputes.review.upheld"), "1");
    assert_eq!(shown(&report, "disputes.suit_direct.total"), "10");
    assert_eq!(shown(&report, "disputes.suit_after_review.total"), "15");
}

#[test]
fn a_letter_typed_for_a_digit_stays_text_and_loses_no_table() {
    let cells = "<td>结果维持</td><td>结果纠正</td><td>其他结果</td><td>尚未审结</td><td>总计</td>"
        .repeat(3);
    let page = format!(
        "{HEAD}<table><tr>{cells}</tr><tr>{}<td>O</td></tr></table>",
        "<td>0</td>".repeat(14)
    );
    let (report, found) = checked("a.html", &page);
    assert_eq!(shown(&report, "disputes.suit_after_review.total"), "text");
    assert_eq!(shown(&report, "disputes.review.total"), "0");
    assert!(rules(&found).contains(&"cell-not-numeric"));

    let forms = forms();
    let form = forms.get("2021").unwrap();
    let table = requests(form, |_, row, index| {
        let mut cells = labelled(row, index);
        cells[1] = "l".into();
        Some(cells)
    });
    let report = lay("a.html", &format!("{HEAD}{table}"));
    assert_numbered(&report, form, &[]);
    assert_eq!(shown(&report, "requests.granted.natural_person"), "text");
}

#[test]
fn statistics_with_a_unit_column_and_several_value_columns_take_the_first_known_one() {
    let forms = forms();
    let table = forms.get("2014").unwrap().table("statistics").unwrap();
    let mut page = String::from(
        "<h1>青塘镇2017年政府信息公开工作年度报告</h1><table><tr><td>统计指标</td><td>单位</td><td>统计数</td></tr>",
    );
    for (index, row) in table.rows.iter().enumerate() {
        let value = if row.heading { String::new() } else { index.to_string() };
        page.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{value}</td></tr>",
            row.label,
            row.unit.as_deref().unwrap_or("")
        ));
    }
    let report = lay("a.html", &(page + "</table>"));
    for (index, row) in table.rows.iter().enumerate().filter(|(_, r)| !r.heading) {
        assert_eq!(
            shown(&report, &format!("statistics.{}.value", row.id)),
            index.to_string(),
            "{}",
            row.label
        );
    }
    assert_eq!(report.cells.values().next().unwrap().own_unit, None);
}

#[test]
fn tables_of_different_forms_are_read_each_by_its_own() {
    let forms = forms();
    let old = requests(forms.get("2019").unwrap(), |_, row, index| Some(labelled(row, index)));
    let new = "<table><tr><td colspan=4>第二十条第（一）项</td></tr><tr><td>信息内容</td><td>本年制发件数</td><td>本年废止件数</td><td>现行有效件数</td></tr>\
        <tr><td>规章</td><td>0</td><td>0</td><td>0</td></tr><tr><td>行政规范性文件</td><td>1</td><td>0</td><td>4</td></tr>\
        <tr><td>第二十条第（五）项</td></tr><tr><td>信息内容</td><td>本年处理决定数量</td></tr><tr><td>行政许可</td><td>7</td></tr>\
        <tr><td>第二十条第（六）项</td></tr><tr><td>行政处罚</td><td>2</td></tr><tr><td>行政强制</td><td>3</td></tr>\
        <tr><td>第二十条第（八）项</td></tr><tr><td>信息内容</td><td>本年收费金额（单位：万元）</td></tr><tr><td>行政事业性收费</td><td>5630元</td></tr></table>";
    let (report, found) =
        checked("a.html", &format!("<h1>青塘镇2022年政府信息公开工作年度报告</h1>{new}{old}"));
    let form_of = |id: &str| report.tables.iter().find(|t| t.table == id).unwrap().form.clone();
    assert_eq!((form_of("disclosure").as_str(), form_of("requests").as_str()), ("2021", "2019"));
    assert_eq!(report.form.as_deref(), Some("2019"));
    assert!(rules(&found).contains(&"form-outdated"));
    assert_eq!(shown(&report, "disclosure.admin_fees.amount"), "0.563");
    assert_eq!(shown(&report, "disclosure.normative_documents.in_force"), "4");
}

#[test]
fn head_and_foot_are_read_from_many_ways_of_writing_them() {
    let text = "青塘镇人民政府\n2019年度政府信息公开工作年度报告\n数据统计期限自2019年01月01日——12月31日。\n一、总体情况\n无。\n青塘镇人民政府（盖章）　　二〇二〇年一月十三日\n";
    let report = lay("a.txt", text);
    assert_eq!(report.unit.as_deref(), Some("青塘镇人民政府"));
    assert_eq!(report.year, Some(2019));
    assert_eq!(report.published.unwrap().to_string(), "2020-01-13");
    let (from, to) = report.period.unwrap();
    assert_eq!((from.to_string(), to.to_string()), ("2019-01-01".into(), "2019-12-31".into()));
}

#[test]
fn numbers_of_the_page_and_years_in_the_text_are_not_the_report_year() {
    let text = "- 索引号/2024-00053\n- 文号 某政发〔2023〕5号\n- 发布日期：2020-02-11\n巡检司镇政府信息公开工作年度报告\n现将2019年政府信息公开工作报告如下：\n一、总体情况\n按照2017年通知要求，2018年存在的问题已整改。\n";
    let report = lay("2021年.txt", text);
    assert_eq!(report.year, Some(2019));
    assert_eq!(report.published.unwrap().to_string(), "2020-02-11");
    assert_eq!(report.unit.as_deref(), Some("巡检司镇"));
}

#[test]
fn title_and_period_of_different_years_contradict_each_other() {
    let text = "青塘镇2020年政府信息公开工作年度报告\n统计期限为2019年1月1日至2019年12月31日。\n一、总体情况\n无\n";
    let (report, found) = checked("a.txt", text);
    assert_eq!(report.year, Some(2020));
    assert!(rules(&found).contains(&"year-inconsistent"));
}

#[test]
fn a_picture_or_an_attachment_in_place_of_a_table_is_not_a_missing_table() {
    let page = "<h1>青塘镇2022年政府信息公开工作年度报告</h1><p>二、主动公开政府信息情况</p><p>详见附表。</p>\
        <p>三、收到和处理政府信息公开申请情况</p><img src=a.png width=800 height=600><p>四、政府信息公开行政复议、行政诉讼情况</p><p>五、存在的主要问题及改进情况</p><p>无</p>";
    let (_, found) = checked("a.html", page);
    let place_of = |rule: &str| -> Vec<&str> {
        found.findings.iter().filter(|f| f.rule == rule).map(|f| f.place.as_str()).collect()
    };
    assert_eq!(place_of("table-unreadable"), ["disclosure", "requests"]);
    assert_eq!(place_of("table-missing"), ["disputes"]);
}

#[test]
fn a_document_that_is_no_report_is_not_recognised() {
    let document =
        document::read("会议通知\n定于明日上午9时开会。\n".as_bytes(), "a.txt", &Limits::default())
            .unwrap();
    assert!(report::lay(&document, &forms(), "a.txt").is_none());
}

/// Fifteen values, 1 to 15, in a report with table IV drawn as this.
fn assert_disputes(name: &str, table: &str) {
    let page = if table.contains('<') {
        format!("<h1>青塘镇2022年政府信息公开工作年度报告</h1>{table}")
    } else {
        format!("青塘镇2022年政府信息公开工作年度报告\n{table}")
    };
    let report = lay(name, &page);
    let columns = ["upheld", "corrected", "other", "pending", "total"];
    let rows = ["review", "suit_direct", "suit_after_review"];
    let places = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
    for (value, (row, column)) in (1..).zip(places) {
        let id = format!("disputes.{row}.{column}");
        assert_eq!(shown(&report, &id), value.to_string(), "{id} in {table}");
    }
}

#[test]
fn table_four_is_read_however_its_blocks_are_drawn() {
    let row = |cells: &str| {
        let cells = cells.split(' ').map(|c| format!("<td>{c}</td>"));
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let results = "结果维持 结果纠正 其他结果 尚未审结 总计";
    let (a, b, c) = ("1 2 3 4 5", "6 7 8 9 10", "11 12 13 14 15");
    let block = |name: &str, values: &str| {
        format!("<tr><td colspan=5>{name}</td></tr>{}{}", row(results), row(values))
    };
    let blocks =
        [block("行政复议", a), block("行政诉讼（未经复议直接起诉）", b), block("复议后起诉", c)];
    assert_disputes("a.html", &format!("<table>{}</table>", blocks.concat()));
    assert_disputes("a.html", &blocks.clone().map(|b| format!("<table>{b}</table>")).concat());
    let cells = |values: &str| row(values).replacen("<tr>", "", 1);
    let row_each = format!(
        "<table><tr><td colspan=2>项目</td>{}<tr><td colspan=2>行政复议</td>{}\
         <tr><td rowspan=2>行政诉讼</td><td>未经复议直接起诉</td>{}{}</table>",
        cells(results),
        cells(a),
        cells(b),
        row(&format!("复议后起诉 {c}")),
    );
    assert_disputes("a.html", &row_each);
    let turned = format!(
        "<table>{}{}{}{}{}{}</table>",
        row("结果 行政复议 未经复议直接起诉 复议后起诉"),
        row("结果维持 1 6 11"),
        row("结果纠正 2 7 12"),
        row("其他结果 3 8 13"),
        row("尚未审结 4 9 14"),
        row("总计 5 10 15")
    );
    assert_disputes("a.html", &turned);
    let labelled = format!(
        "<table><tr><td rowspan=2>类别</td><td colspan=5>行政复议</td><td colspan=5>未经复议直接起诉</td><td colspan=5>复议后起诉</td></tr>{}{}</table>",
        row(&[results; 3].join(" ")),
        row(&format!("件数 {a} {b} {c}"))
    );
    assert_disputes("a.html", &labelled);
    // Somebody has counted beside the table.
    let tall = cells(results).replace("<td>", "<td rowspan=2>").replace("</tr>", "");
    let counted = format!(
        "<table><tr><td colspan=5>行政复议</td><td colspan=10>行政诉讼</td><td>1</td></tr>\
         <tr>{tall}<td colspan=5>未经复议直接起诉</td><td colspan=5>复议后起诉</td><td>2</td></tr>{}{}</table>",
        row(&format!("{results} {results} 3")),
        row(&format!("{a} {b} {c} 6"))
    );
    assert_disputes("a.html", &counted);
    // Converted by an office program: every row padded to the widest of the table.
    let padding = format!("{}</tr>", "<td></td>".repeat(10));
    let rows: String = blocks.iter().map(|b| b.replace("</tr>", &padding)).collect();
    let around = "<tr><td colspan=15>四、行政复议、行政诉讼情况</td></tr>";
    assert_disputes("a.html", &format!("<table>{around}{rows}</table>"));
    let tabs = |cells: &str| cells.replace(' ', "\t");
    let text = format!(
        "行政复议\t\t\t\t\n{r}\n{}\n未经复议直接起诉\t\t\t\t\n{r}\n{}\n复议后起诉\t\t\t\t\n{r}\n{}\n",
        tabs(a),
        tabs(b),
        tabs(c),
        r = tabs(results)
    );
    assert_disputes("a.txt", &text);
}

#[test]
fn headings_in_rows_of_a_table_are_headings() {
    let form = forms();
    let form = form.get("2021").unwrap();
    let table = requests(form, |_, row, index| Some(labelled(row, index)));
    let inside = table.replace(
        "<table>",
        "<table><tr><td colspan=10>三、收到和处理政府信息公开申请情况</td></tr>",
    );
    let page = format!("<h1>青塘镇2022年政府信息公开工作年度报告</h1>{inside}");
    let report = lay("a.html", &page);
    let found: Vec<_> = report.sections.iter().filter_map(|s| s.id.as_deref()).collect();
    assert_eq!(found, ["requests"]);
    assert_numbered(&report, form, &[]);
}

#[test]
fn reports_bound_into_one_document_are_told_apart() {
    let form = forms();
    let requests = requests(form.get("2021").unwrap(), |_, row, index| Some(labelled(row, index)));
    let report = |unit: &str| {
        format!(
            "<h1>{unit}</h1><h1>2022年政府信息公开工作年度报告</h1><h2>一、总体情况</h2><p>工作有序开展。</p>\
             <h2>三、收到和处理政府信息公开申请情况</h2>{requests}<p>{unit}</p><p>2023年1月10日</p>"
        )
    };
    let read = |page: &str| {
        let document = document::read(page.as_bytes(), "a.html", &Limits::default()).unwrap();
        let reports = report::reports(document, &forms());
        let laid = reports.iter().map(|d| report::lay(d, &forms(), "a.html").unwrap());
        laid.map(|r| r.unit.unwrap_or_default()).collect::<Vec<_>>()
    };
    let contents = "<p>目录</p><p>青塘镇2022年政府信息公开工作年度报告……1</p><p>白河乡2022年政府信息公开工作年度报告……9</p>";
    let (first, second) = (report("青塘镇人民政府"), report("白河乡人民政府"));
    let both = ["青塘镇人民政府", "白河乡人民政府"];
    assert_eq!(read(&format!("{first}{second}")), both);
    assert_eq!(read(&format!("{contents}{first}{second}")), both);
    // A title printed twice, and links to others at the end of a page, make no second report.
    let again = "<p>青塘镇人民政府2022年政府信息公开工作年度报告</p>";
    let link = "<p>上一篇</p><p>白河乡2021年政府信息公开工作年度报告</p>";
    assert_eq!(read(&format!("{again}{first}{link}")), ["青塘镇人民政府"]);
    // Titles broken in two, or images: then the headings that begin again tell, and the signatures
    // before them end what is above.
    let titled = |title: &str, unit: &str| {
        let title = title.replace("UNIT", unit);
        report(unit)
            .replace(&format!("<h1>{unit}</h1><h1>2022年政府信息公开工作年度报告</h1>"), &title)
    };
    let [first_name, second_name] = both;
    for title in ["<h1>UNIT2022年政府信息公开</h1><h1>工作年度报告</h1>", ""] {
        let bound = titled(title, first_name) + &titled(title, second_name);
        assert_eq!(read(&bound), both, "{title}");
    }
    // Lists of a section's own begin again with 一 as well.
    let list = "<h2>一、工作有序开展。</h2><h2>一、加强领导</h2><p>成立领导小组。</p><h2>二、健全制度</h2>";
    let listed = first.replace("<p>工作有序开展。</p>", list);
    assert_eq!(read(&listed), ["青塘镇人民政府"]);
    // Reports of text alone, of different units.
    let text = |unit: &str| {
        let sentence =
            "<p>我单位认真贯彻落实政府信息公开各项要求，有序推进各项工作，取得了一定成效。</p>";
        format!("<h1>{unit}2016年政府信息公开工作年度报告</h1>{}", sentence.repeat(12))
    };
    assert_eq!(read(&(text("青塘镇") + &text("白河乡"))), ["青塘镇", "白河乡"]);
}

/// A report of 2019 with these words after its title.
fn with_title(rest: &str) -> String {
    format!("青塘镇2019年政府信息公开工作年度报告\n{rest}")
}

#[test]
fn a_row_of_which_only_the_label_is_left_is_blank_and_not_missing() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    // A sheet stores nothing for blank cells: their labels stand alone and part the table in two.
    let lost = "4.保护第三方合法权益";
    let table = requests(form, |_, row, index| Some(labelled(row, index)));
    let (before, rest) = table.split_once(&format!("<tr><td colspan=3>{lost}")).unwrap();
    let (_, after) = rest.split_once("</tr>").unwrap();
    let parted = format!("{HEAD}{before}</table><p>{lost}</p><table>{after}");
    let (report, found) = checked("a.html", &parted);
    assert!(!rules(&found).contains(&"row-missing"), "{:?}", rules(&found));
    assert_eq!(shown(&report, "requests.denied_third_party_rights.total"), "blank");
    assert_numbered(&report, form, &["denied_third_party_rights"]);
}

#[test]
fn numbered_rows_of_a_table_are_no_headings_of_sections() {
    let page = "<h1>青塘镇2022年政府信息公开工作年度报告</h1>\
        <h2>一、总体情况</h2><p>工作平稳。</p><h2>二、主动公开政府信息情况</h2><p>见表。</p>\
        <h2>三、收到和处理政府信息公开申请情况</h2><p>三、本年度办理结果</p><p>见表。</p>\
        <p>四、结转下年度继续办理</p><h2>四、政府信息公开行政复议、行政诉讼情况</h2><p>无。</p>\
        <h2>五、存在的主要问题及改进情况</h2><p>人少。</p><h2>六、其他需要报告的事项</h2><p>无。</p>\
        <table><tr><td>行政复议</td><td>结果维持</td><td>结果纠正</td><td>其他结果</td><td>尚未审结</td><td>总计</td></tr>\
        <tr><td>未经复议直接起诉</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td></tr></table>";
    let (report, found) = checked("a.html", page);
    assert_eq!(report.sections.len(), 6, "{:?}", report.sections);
    assert!(!rules(&found).contains(&"section-structure"));
}

#[test]
fn blocks_of_table_four_are_named_by_lines_above_them() {
    let results = "<tr><td>结果维持</td><td>结果纠正</td><td>其他结果</td><td>尚未审结</td><td>总计</td></tr>";
    let block = |name: &str, first: usize| {
        let values: String = (first..first + 5).map(|n| format!("<td>{n}</td>")).collect();
        format!("<p>{name}</p><table>{results}<tr>{values}</tr></table>")
    };
    let three = [block("（一）行政复议", 1), block("未经复议直接起诉", 6), block("复议后起诉", 11)];
    assert_disputes("a.html", &three.concat());
    // A block left blank gives its neighbours nothing and takes nothing from them.
    let [first, _, third] = &three;
    let blank = format!("{first}<p>未经复议直接起诉</p><table>{results}</table>{third}");
    let report = lay("a.html", &format!("<h1>青塘镇2022年政府信息公开工作年度报告</h1>{blank}"));
    assert_eq!(shown(&report, "disputes.review.upheld"), "1");
    assert_eq!(shown(&report, "disputes.suit_direct.upheld"), "absent");
    assert_eq!(shown(&report, "disputes.suit_after_review.upheld"), "11");
}

#[test]
fn figures_whose_column_is_lost_are_undecided_and_said() {
    let forms = forms();
    let table = forms.get("2019").unwrap().table("requests").unwrap();
    let header = "自然人\n商业企业\n科研机构\n社会公益组织\n法律服务机构\n其他\n总计\n";
    let rows = table.value_rows().map(|row| match row.id.as_str() {
        "new_requests" => format!("{}\n3\n4\n7\n", row.label),
        "granted" => format!("{}\n1\n0\n0\n0\n0\n2\n3\n", row.label),
        "partly_granted" => format!("{}\n", row.label),
        _ => format!("{}\n0\n0\n0\n0\n0\n0\n0\n", row.label),
    });
    let text = with_title(&format!("{header}{}", rows.collect::<String>()));
    let (report, found) = checked("a.txt", &text);
    assert_eq!(shown(&report, "requests.granted.other_org"), "2");
    assert_eq!(shown(&report, "requests.partly_granted.other_org"), "blank");
    assert_eq!(shown(&report, "requests.new_requests.natural_person"), "text");
    let cell = report.cells.iter().find(|(id, _)| id.to_string() == "requests.new_requests.total");
    assert_eq!(cell.unwrap().1.raw, "3、4、7");
    assert_eq!(rules(&found).iter().filter(|rule| **rule == "column-lost").count(), 1);
    for rule in ["cell-not-numeric", "requests-balance", "requests-row-total", "ocr-doubtful"] {
        assert!(!rules(&found).contains(&rule), "{rule}");
    }
}

/// A sheet too wide for its page prints the last columns of table IV elsewhere.
#[test]
fn table_four_with_some_of_its_columns_is_undecided_and_not_blank() {
    let page = format!(
        "{HEAD}<table><tr><td colspan=5>行政复议</td><td colspan=3>行政诉讼</td></tr>\
         <tr>{}<td>结果维持</td><td>结果纠正</td><td>其他结果</td></tr><tr>{}</tr></table>",
        "<td>结果维持</td><td>结果纠正</td><td>其他结果</td><td>尚未审结</td><td>总计</td>",
        [0, 2, 13, 1, 16, 0, 0, 13].map(|n| format!("<td>{n}</td>")).concat(),
    );
    let (report, found) = checked("a.html", &page);
    let id = "disputes.suit_direct.total";
    assert!(["text", "absent"].contains(&shown(&report, id).as_str()), "{}", shown(&report, id));
    assert!(!rules(&found).contains(&"total-blank"));
}

/// Cells whose rule was not found are one; what is said of them is in the messages of no error.
#[test]
fn on_a_scan_a_value_without_a_cell_to_itself_is_undecided() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| Some(labelled(row, index)));
    let row = |index: usize| -> String {
        numbered(index).iter().map(|value| format!("<td>{value}</td>")).collect()
    };
    let two_in_one = "<td>1</td><td colspan=2>0</td><td>0</td><td>0</td><td>0</td><td>1</td>";
    let none_at_the_end = "<td>2</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td>";
    let over = "<td rowspan=2>3</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>3</td>";
    let scrap = "<td>5</td><td>上0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>5</td>";
    let broken = [(0, two_in_one), (1, none_at_the_end), (2, over), (4, scrap)];
    let table = broken
        .into_iter()
        .fold(table, |table, (index, broken)| table.replacen(&row(index), broken, 1));
    let (report, found) = scanned("a.html", &format!("{HEAD}{table}"));
    for (cell, expected) in [
        ("new_requests.natural_person", "1"),
        ("new_requests.business", "text"),
        ("new_requests.research_institute", "text"),
        ("new_requests.total", "1"),
        ("carried_in.business", "0"),
        ("carried_in.total", "text"),
        ("granted.natural_person", "text"),
        ("granted.total", "3"),
        ("partly_granted.total", "text"),
        ("denied_state_secret.business", "text"),
        ("denied_state_secret.total", "5"),
        ("denied_law_prohibited.total", "6"),
    ] {
        assert_eq!(shown(&report, &format!("requests.{cell}")), expected, "{cell}");
    }
    assert!(!rules(&found).contains(&"cell-not-numeric"));
    let doubtful = found.findings.iter().find(|f| f.rule == "ocr-doubtful").unwrap();
    assert_eq!(doubtful.place, "requests");
}

/// As many cells are lost in every row: nothing shows which of its columns the last value stands in.
#[test]
fn on_a_scan_no_value_is_certain_where_every_row_lacks_cells() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let few = |row: &Row| Some([&*row.label, "", "", "", "0"].map(str::to_owned).to_vec());
    let table = requests(form, |_, row, _| few(row))
        .replace("社会公益组织</td><td>法律服务机构</td><td>其他", "社会公益组织法律服务机构其他")
        .replace("<td rowspan=2>总计</td>", "");
    let (report, _) = scanned("a.html", &format!("{HEAD}{table}"));
    assert!(!report.cells.is_empty());
    for (id, cell) in &report.cells {
        assert!(matches!(cell.value, CellValue::Text(_)) && cell.doubtful, "{id}: {cell:?}");
    }
}

/// Labels of two rows in one cell: which of the values belongs to which is not told.
#[test]
fn on_a_scan_values_beside_the_labels_of_two_rows_are_undecided() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| Some(labelled(row, index)));
    let rows: Vec<&Row> = form.table("requests").unwrap().value_rows().collect();
    let cell = |label: &str| format!("<td colspan=3>{label}</td>");
    let both = format!("<td colspan=3 rowspan=2>{}{}</td>", rows[3].label, rows[4].label);
    let table =
        table.replacen(&cell(&rows[3].label), &both, 1).replacen(&cell(&rows[4].label), "", 1);
    let (report, _) = scanned("a.html", &format!("{HEAD}{table}"));
    let values =
        report.cells.iter().filter(|(id, _)| [&rows[3].id, &rows[4].id].contains(&&id.row));
    for (id, cell) in values {
        assert!(cell.doubtful, "{id}: {cell:?}");
    }
    assert_eq!(shown(&report, "requests.granted.total"), "3");
}

/// A line that is no rule, through a row of two lines: the figure below it is not that of another row.
#[test]
fn on_a_scan_a_blank_is_undecided_where_its_figure_may_stand_in_a_row_of_its_own() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| Some(labelled(row, index)));
    let row = |values: [&str; 7]| -> String {
        values.iter().map(|value| format!("<td>{value}</td>")).collect()
    };
    let whole = row(["3", "0", "0", "0", "0", "0", "3"]);
    let parted = |below: [&str; 7]| {
        let rest = row(below);
        let above = row([""; 7]);
        let parted = format!("{above}</tr><tr><td colspan=3>（不含其他）</td>{rest}");
        let (report, _) =
            scanned("a.html", &format!("{HEAD}{}", table.replacen(&whole, &parted, 1)));
        report
    };
    let report = parted(["3", "", "", "", "", "", "3"]);
    for (column, expected) in [("natural_person", "text"), ("business", "blank"), ("total", "text")]
    {
        assert_eq!(shown(&report, &format!("requests.granted.{column}")), expected, "{column}");
    }
    let report = parted([""; 7]);
    assert_eq!(shown(&report, "requests.granted.total"), "blank");
}

/// The same, with the cells doubtful that recognition leaves so: several readings (`或`) or an unsure one
/// (`？`), and units, as all words of tables.
fn scanned_in_doubt(name: &str, text: &str) -> (Report, Findings) {
    let mut document = scan(text);
    for block in &mut document.blocks {
        let Block::Grid(grid) = block else { continue };
        for cell in &mut grid.cells {
            cell.doubtful =
                cell.text.ends_with('？') || cell.text.contains('或') || cell.text == "件";
        }
    }
    with_findings(report::lay(&document, &forms(), name).unwrap())
}

/// The table of a form whose rows are label, unit and one value: the row's number, from 1.
fn statistics(row: impl Fn(&Row, usize) -> Option<[String; 3]>) -> String {
    let forms = forms();
    let table = forms.get("2014").unwrap().table("statistics").unwrap();
    let mut html = String::from("<table><tr><td>统计指标</td><td>单位</td><td>统计数</td></tr>");
    for (index, form_row) in (1..).zip(table.value_rows()) {
        if let Some([label, unit, value]) = row(form_row, index) {
            html.push_str(&format!("<tr><td>{label}</td><td>{unit}</td><td>{value}</td></tr>"));
        }
    }
    html + "</table>"
}

const OLD_HEAD: &str = "<h1>榆林乡2016年政府信息公开工作年度报告</h1>";

/// 申请数 is as like 传真申请数 as 网络申请数: only the rows around it tell which it is.
#[test]
fn on_a_scan_a_value_is_that_of_a_row_only_if_its_label_or_the_order_says_so() {
    let misread = |lost: &str| {
        let table = statistics(|row, index| {
            let label = if row.id == "received_online" { "申请数" } else { &row.label };
            (row.id != lost).then(|| [label.into(), "件".into(), index.to_string()])
        });
        let (report, _) = scanned("a.html", &format!("{OLD_HEAD}{table}"));
        let shown = |row: &str| shown(&report, &format!("statistics.{row}.value"));
        [shown("received_fax"), shown("received_online"), shown("received_mail")]
    };
    let whole = misread("");
    assert!(whole.iter().all(|value| value.parse::<u32>().is_ok()), "{whole:?}");
    let [fax, online, mail] = misread("received_fax");
    let mut either = [fax, online];
    either.sort();
    assert_eq!(either, ["absent", "text"], "it is one or the other");
    assert_eq!(mail, whole[2]);
}

/// What is in a column of units and was not surely read is a unit all the same.
#[test]
fn on_a_scan_a_unit_taken_for_a_figure_is_no_value() {
    let table = statistics(|row, index| {
        let unit = if index % 3 == 0 { "14？" } else { "件" };
        Some([row.label.clone(), unit.into(), index.to_string()])
    });
    let (report, found) = scanned_in_doubt("a.html", &format!("{OLD_HEAD}{table}"));
    assert!(report.cells.len() > 40);
    for (id, cell) in &report.cells {
        assert!(matches!(cell.value, CellValue::Number(_)), "{id}: {cell:?}");
    }
    assert!(!rules(&found).contains(&"ocr-doubtful"));
}

/// Readings of figures are no words: a row of nothing else is that of its label.
#[test]
fn on_a_scan_a_row_of_doubtful_figures_is_undecided_and_not_missing() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let table = requests(form, |_, row, index| {
        let mut cells = labelled(row, index);
        if index == 3 {
            cells.iter_mut().skip(1).for_each(|cell| *cell = "3或8".into());
        }
        Some(cells)
    });
    let (report, found) = scanned_in_doubt("a.html", &format!("{HEAD}{table}"));
    assert_eq!(shown(&report, "requests.partly_granted.business"), "text");
    assert!(!rules(&found).contains(&"row-missing"), "{:?}", rules(&found));
}

/// What is left of the table of 2021 without its new rows is that of 2019. Rows that were seen and not read
/// are not called missing either.
#[test]
fn on_a_scan_the_form_is_that_of_the_year_where_rows_were_not_read() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let table = requests(form, |_, row, index| {
        let mut cells = labelled(row, index);
        if row.label.contains("逾期") {
            cells[0] = "睬碳叶蝇".into();
        }
        Some(cells)
    });
    let head = HEAD.replace("2019", "2023");
    let (report, found) = scanned("a.html", &format!("{head}{table}"));
    assert_eq!(report.form.as_deref(), Some("2021"));
    for rule in ["form-outdated", "row-missing", "requests-result-total"] {
        assert!(!rules(&found).contains(&rule), "{rule}");
    }
    let doubtful = found.findings.iter().find(|f| f.rule == "ocr-doubtful").unwrap();
    assert_eq!(doubtful.place, "requests");
    // The same page as text says what it has and what it lacks.
    let (_, found) = checked("a.html", &format!("{head}{table}"));
    assert!(rules(&found).contains(&"form-outdated"));
}

/// Where rows are lost, the form that the others fit best may be another than the report's.
#[test]
fn on_a_scan_with_rows_unread_an_outdated_form_is_to_be_confirmed() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let outdated = |left_out: usize| {
        let table =
            requests(form, |_, row, index| (index != left_out).then(|| labelled(row, index)));
        let head = HEAD.replace("2019", "2022");
        let (_, found) = scanned("a.html", &format!("{head}{table}"));
        found.findings.iter().find(|f| f.rule == "form-outdated").unwrap().severity
    };
    assert_eq!(outdated(usize::MAX), Severity::Error);
    assert_eq!(outdated(4), Severity::Warning);
}

#[test]
fn on_a_scan_what_was_not_found_is_not_called_missing() {
    let page = "<h1>青塘镇2022年政府信息公开工作年度报告</h1>\
        <h2>一、总体情况</h2><p>工作平稳。</p><h2>二、主动公开政府信息情况</h2><p>见表。</p>\
        <h2>三、收到和处理政府信息公开申请情况</h2><table><tr><td>1</td><td>Z</td></tr></table>\
        <h2>五、存在的主要问题及改进情况</h2><p>人少。</p><h2>六、其他需要报告的事项</h2>\
        <h2>四、政府信息公开行政复议、行政诉讼情况</h2>";
    let errors = |page: &str| -> Vec<String> {
        let (_, found) = scanned("a.html", page);
        let errors = found.findings.into_iter().filter(|f| f.severity == Severity::Error);
        errors.map(|f| format!("{} {}", f.rule, f.place)).collect()
    };
    let tables = ["disclosure", "requests", "disputes"];
    assert_eq!(errors(page), tables.map(|table| format!("table-unreadable {table}")));
    // Nothing was seen that may be a table.
    let without = page.replace("<table><tr><td>1</td><td>Z</td></tr></table>", "<p>见表。</p>");
    assert_eq!(errors(&without), tables.map(|table| format!("table-missing {table}")));
}

/// What a model does not know (岫) it takes for this here and for that there.
#[test]
fn a_name_read_otherwise_from_place_to_place_is_doubtful_but_for_the_name_of_the_file() {
    let page = "<h1>云册区教育局2019年政府信息公开工作年度报告</h1>\
        <p>本报告由云山区教育局编制。云山区教育局设信箱。</p><p>云册区教育局</p><p>2020年1月13日</p>";
    let (report, found) = scanned("scan01.pdf", page);
    assert_eq!(report.unit.as_deref(), Some("云□区教育局"));
    let told = found.findings.iter().find(|f| f.rule == "unit-doubtful").unwrap();
    assert!(told.message.contains("云□区教育局"), "{}", told.message);
    let (report, found) = scanned("云岫区教育局2019.pdf", page);
    assert_eq!(report.unit.as_deref(), Some("云岫区教育局"));
    assert!(!rules(&found).contains(&"unit-doubtful"));
}

#[test]
fn the_county_in_the_unit_of_a_scan_is_read_as_it_is_listed_and_that_of_a_text_as_it_is_printed() {
    let page = "<h1>册岩满族自治县教育局2019年政府信息公开工作年度报告</h1><h2>一、总体情况</h2><p>已公开。</p>\
                <p>册岩满族自治县教育局</p><p>2020年1月10日</p>";
    let (report, found) = scanned("scan01.pdf", page);
    assert_eq!(report.unit.as_deref(), Some("岫岩满族自治县教育局"));
    assert!(!rules(&found).contains(&"unit-doubtful"));
    let (report, _) = checked("scan01.html", page);
    assert_eq!(report.unit.as_deref(), Some("册岩满族自治县教育局"));
}

#[test]
fn a_column_of_units_after_merged_labels_is_no_column_of_values() {
    let forms = forms();
    let form = forms.get("2019").unwrap();
    let header = "|项目|||单位|自然人|商业企业|科研机构|社会公益组织|法律服务机构|其他|总计|\n";
    let row = |(index, row): (usize, &Row)| {
        let values: String = numbered(index).iter().map(|value| format!("{value}|")).collect();
        format!("|{}|||件|{values}\n", row.label)
    };
    let table = form.table("requests").unwrap();
    let rows: String = table.value_rows().enumerate().map(row).collect();
    let report = lay("a.txt", &with_title(&format!("{header}{rows}")));
    assert_numbered(&report, form, &[]);
}

#[test]
fn headers_without_rules_and_figures_are_no_missing_table() {
    let title = "<h1>青塘镇2022年政府信息公开工作年度报告</h1>";
    let due = "四、政府信息公开行政复议、行政诉讼情况";
    let headers = "<p>行政复议</p><p>结果维持 结果纠正 其他结果 尚未审结 总计</p>";
    let of = |text: &str| {
        let (_, found) = checked("a.html", &format!("{title}<p>{due}</p>{text}"));
        let on_table = found.findings.iter().filter(|f| f.place == "disputes");
        on_table
            .map(|f| (f.rule.to_string(), format!("{:?}", f.severity).to_lowercase()))
            .collect::<Vec<_>>()
    };
    // Without any table nothing at all was checked.
    assert_eq!(of(headers), [("table-unruled".to_owned(), "error".to_owned())]);
    let forms = forms();
    let table = requests(forms.get("2021").unwrap(), |_, row, index| Some(labelled(row, index)));
    let beside_a_table = of(&format!("{headers}{table}"));
    assert_eq!(beside_a_table, [("table-unruled".to_owned(), "warning".to_owned())]);
    let few = requests(forms.get("2021").unwrap(), |_, row, index| {
        (index < 12).then(|| labelled(row, index))
    });
    let beside_a_part = of(&format!("{headers}{few}"));
    assert_eq!(beside_a_part, [("table-unruled".to_owned(), "error".to_owned())]);
    let prose = "<p>本年度没有行政复议案件，结果维持、纠正、其他、尚未审结的总计都没有。</p>";
    assert_eq!(of(prose), [("table-missing".to_owned(), "error".to_owned())]);
}

/// Table III in plain text with its columns in another order: `head`, then rows of the numbers 11 to 17 in
/// the order of the form's columns, put into that of `order`, parted by `separator`.
fn reordered(head: &str, order: [usize; 7], separator: &str) -> Report {
    let forms = forms();
    let rows = of_each_row(forms.get("2021").unwrap(), |row, _| {
        let values: Vec<String> = order.iter().map(|column| (column + 11).to_string()).collect();
        format!("{}{separator}{}\n", row.label, values.join(separator))
    });
    lay("a.txt", &with_title(&format!("三、收到和处理政府信息公开申请情况\n{head}\n{rows}")))
}

#[test]
fn columns_of_plain_text_stand_in_the_order_of_their_headers() {
    let first = "申请人情况\t自然人\n总计\t自然人\t法人或其他组织\n商业企业\t科研机构\t社会公益组织\t法律服务机构\t其他";
    let middle =
        "事项\n自然人\n总计\n法人或其他组织\n商业企业\n科研机构\n社会公益组织\n法律服务机构\n其他";
    let flat = "事项,商业企业,科研机构,社会公益组织,法律服务机构,其他,总计,自然人";
    let cases = [
        (first, [6, 0, 1, 2, 3, 4, 5], "\t"),
        (middle, [0, 6, 1, 2, 3, 4, 5], "\n"),
        (flat, [1, 2, 3, 4, 5, 6, 0], ","),
    ];
    for (head, order, separator) in cases {
        let report = reordered(head, order, separator);
        assert_eq!(shown(&report, "requests.granted.natural_person"), "11", "{head}");
        assert_eq!(shown(&report, "requests.granted.business"), "12", "{head}");
        assert_eq!(shown(&report, "requests.carried_out.total"), "17", "{head}");
    }
}

#[test]
fn columns_whose_headers_tell_another_order_in_part_are_undecided() {
    let head = "总计\t自然人\t甲\t乙\t丙\t丁\t戊";
    let report = reordered(head, [6, 0, 1, 2, 3, 4, 5], "\t");
    assert_eq!(shown(&report, "requests.granted.natural_person"), "text");
    assert_eq!(shown(&report, "requests.granted.total"), "text");
}

#[test]
fn table_four_stands_in_the_order_of_its_headers() {
    let block = "总计\t结果维持\t结果纠正\t其他结果\t尚未审结";
    let values: Vec<String> = (1..=15).map(|n| n.to_string()).collect();
    let text = format!(
        "四、政府信息公开行政复议、行政诉讼情况\n行政复议\t行政诉讼\n{block}\t未经复议直接起诉\t复议后起诉\n{block}\t{block}\n{}\n",
        values.join("\t")
    );
    let report = lay("a.txt", &with_title(&text));
    assert_eq!(shown(&report, "disputes.review.total"), "1");
    assert_eq!(shown(&report, "disputes.review.upheld"), "2");
    assert_eq!(shown(&report, "disputes.suit_after_review.total"), "11");
    assert_eq!(shown(&report, "disputes.suit_after_review.pending"), "15");
}

#[test]
fn a_row_of_plain_text_that_lacks_some_figures_is_undecided() {
    let forms = forms();
    let rows = of_each_row(forms.get("2021").unwrap(), |row, _| match row.id.as_str() {
        "granted" => format!("{}\t3\t4\n", row.label),
        _ => format!("{}\t0\t0\t0\t0\t0\t0\t0\n", row.label),
    });
    let report = lay("a.txt", &with_title(&rows));
    assert_eq!(shown(&report, "requests.granted.natural_person"), "text");
    assert_eq!(shown(&report, "requests.granted.total"), "text");
    assert_eq!(shown(&report, "requests.carried_in.total"), "0");
}

#[test]
fn cells_parted_by_blanks_alone_have_no_columns() {
    let forms = forms();
    let rows = of_each_row(forms.get("2021").unwrap(), |row, index| match index % 3 {
        0 => format!("{}  11    13  14    16  17\n", row.label),
        _ => format!("{}  1  2  3  4  5  6  7\n", row.label),
    });
    let report = lay("a.txt", &with_title(&rows));
    assert_eq!(shown(&report, "requests.new_requests.natural_person"), "text");
    assert_eq!(shown(&report, "requests.new_requests.total"), "text");
    assert_eq!(shown(&report, "requests.carried_in.total"), "7");
}

#[test]
fn labels_torn_by_line_breaks_are_put_together() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let torn = |text: &str| {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(9).map(|line| line.iter().collect()).collect::<Vec<String>>().join("\n")
    };
    for separator in ["\t", "\n"] {
        let rows = of_each_row(form, |row, index| {
            format!("{}{separator}{}\n", torn(&row.label), numbered(index).join(separator))
        });
        let head = "自然人\t总计\n".replace('\t', separator);
        assert_numbered(&lay("a.txt", &with_title(&format!("{head}{rows}"))), form, &[]);
    }
}

#[test]
fn a_table_exported_with_commas_is_read() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let rows = of_each_row(form, |row, index| {
        format!("\"{}\",{}\n", row.label.replacen('公', "公\n", 1), numbered(index).join(","))
    });
    assert_numbered(&lay("a.csv", &with_title(&rows)), form, &[]);
}

#[test]
fn labels_whose_figures_stand_elsewhere_are_not_of_blank_rows() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let labels = of_each_row(form, |row, _| format!("{}\n", row.label));
    let values = "3\n".repeat(form.table("requests").unwrap().value_rows().count());
    let text: String = ["自然人", "商业企业", "总计"].map(|c| format!("{c}\n{values}")).concat();
    let report =
        lay("a.txt", &with_title(&format!("三、收到和处理政府信息公开申请情况\n{labels}{text}")));
    assert_eq!(report.cells.len(), form.table("requests").unwrap().cells().count());
    let certain = report.cells.values().filter(|cell| !cell.doubtful).count();
    assert_eq!(certain, 0);
}

/// Rows below merged labels of groups, as the official form has them: a label begins in any column before
/// the figures.
#[test]
fn labels_of_rows_without_figures_are_no_headers() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let table = requests(form, |_, row, index| {
        let values = match row.id.as_str() {
            "carried_out" => numbered(index),
            _ => vec![String::new(); 7],
        };
        Some(std::iter::once(row.label.clone()).chain(values).collect())
    });
    let shifted = |label: &str| format!("<td></td><td colspan=2>{label}</td>");
    let table = ["总计", "其他"].iter().fold(table, |table, end| {
        let row = form.table("requests").unwrap().value_rows().find(|row| row.label.ends_with(end));
        let label = &row.unwrap().label;
        table.replace(&format!("<td colspan=3>{label}</td>"), &shifted(label))
    });
    let report = lay("a.html", &format!("{HEAD}{table}"));
    assert_numbered_rows(&report, form, "carried_out");
}

fn assert_numbered_rows(report: &Report, form: &Form, row: &str) {
    let others =
        form.table("requests").unwrap().value_rows().filter(|other| other.id.as_str() != row);
    let others: Vec<&str> = others.map(|other| other.id.as_str()).collect();
    assert_numbered(report, form, &others);
    assert_eq!(shown(report, &format!("requests.{row}.business")), "0");
}

/// One figure in a cell that was merged over two: nothing tells whose it is.
#[test]
fn a_figure_in_a_cell_of_two_columns_or_two_rows_is_undecided() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let table = requests(form, |_, row, index| Some(labelled(row, index)));
    let row = |index: usize| -> String {
        numbered(index).iter().map(|value| format!("<td>{value}</td>")).collect()
    };
    let over_columns = "<td>1</td><td colspan=2>0</td><td>0</td><td>0</td><td>0</td><td>1</td>";
    let over_rows =
        "<td rowspan=2>3</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>3</td>";
    let below = "<td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>4</td>";
    let merged = [(0, over_columns), (2, over_rows), (3, below)];
    let table = merged
        .into_iter()
        .fold(table, |table, (index, merged)| table.replacen(&row(index), merged, 1));
    let report = lay("a.html", &format!("{HEAD}{table}"));
    for (cell, expected) in [
        ("new_requests.natural_person", "1"),
        ("new_requests.business", "text"),
        ("new_requests.research_institute", "text"),
        ("new_requests.total", "1"),
        ("carried_in.total", "2"),
        ("granted.natural_person", "text"),
        ("granted.total", "3"),
        ("partly_granted.natural_person", "text"),
        ("partly_granted.business", "0"),
        ("partly_granted.total", "4"),
    ] {
        assert_eq!(shown(&report, &format!("requests.{cell}")), expected, "{cell}");
    }
}

/// Of nine cells for seven columns any seven may be these.
#[test]
fn a_lone_figure_among_surplus_blanks_without_headers_is_undecided() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let rows = of_each_row(form, |row, index| {
        let values = match row.id.as_str() {
            "granted" => ["", "", "1", "", "", "", "", "", ""].map(str::to_owned).to_vec(),
            _ => ["", ""].map(str::to_owned).into_iter().chain(numbered(index)).collect(),
        };
        let values: String = values.iter().map(|value| format!("<td>{value}</td>")).collect();
        format!("<tr><td>{}</td>{values}</tr>", row.label)
    });
    let report = lay("a.html", &format!("{HEAD}<table>{rows}</table>"));
    assert_eq!(shown(&report, "requests.granted.natural_person"), "text");
    assert_numbered(&report, form, &["granted"]);
}

#[test]
fn a_line_of_table_four_that_lacks_figures_is_undecided() {
    let results = "结果维持\t结果纠正\t其他结果\t尚未审结\t总计";
    let blocks = ["行政复议", "未经复议直接起诉", "复议后起诉"].join("\t\t\t\t\t");
    let text = with_title(&format!("{blocks}\n{}\n1\t1\n", [results; 3].join("\t")));
    let (report, found) = checked("a.txt", &text);
    assert_eq!(shown(&report, "disputes.review.upheld"), "text");
    assert_eq!(shown(&report, "disputes.suit_direct.total"), "text");
    assert!(!rules(&found).contains(&"total-blank"));
}

#[test]
fn figures_left_of_their_label_leave_no_blanks() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let table = of_each_row(form, |row, _| {
        format!("<tr>{}<td>{}</td></tr>", "<td>3</td>".repeat(7), row.label)
    });
    let page = format!("{HEAD}<h2>三、收到和处理政府信息公开申请情况</h2><table>{table}</table>");
    let report = lay("a.html", &page);
    assert_eq!(report.cells.len(), form.table("requests").unwrap().cells().count());
    assert!(report.cells.values().all(|cell| cell.doubtful));
}

/// Headers of different height stand in different lines, though in one row.
#[test]
fn table_four_stands_in_the_order_of_the_columns_of_its_headers() {
    let outcomes = "<td></td><td>结果维持</td><td>结果纠正</td><td>其他结果</td><td>尚未审结</td>";
    let totals = format!("<td>总计</td>{}", "<td></td>".repeat(4));
    let values: String = (1..=15).map(|n| format!("<td>{n}</td>")).collect();
    let page = format!(
        "{HEAD}<table><tr><td colspan=5>行政复议</td><td colspan=5>未经复议直接起诉</td><td colspan=5>复议后起诉</td></tr>\
         <tr>{}</tr><tr>{}</tr><tr>{values}</tr></table>",
        outcomes.repeat(3),
        totals.repeat(3)
    );
    let report = lay("a.html", &page);
    assert_eq!(shown(&report, "disputes.review.total"), "1");
    assert_eq!(shown(&report, "disputes.review.upheld"), "2");
    assert_eq!(shown(&report, "disputes.suit_after_review.pending"), "15");
}

/// Table III turned on its side: rows parted by `row`, cells by `cell`.
fn turned(row: (&str, &str), cell: (&str, &str)) -> String {
    let forms = forms();
    let table = forms.get("2021").unwrap().table("requests").unwrap();
    let cells = |texts: Vec<String>| {
        let cells: String =
            texts.iter().map(|text| format!("{}{text}{}", cell.0, cell.1)).collect();
        format!("{}{}{}", row.0, cells.trim_end_matches('\t'), row.1)
    };
    let labels = table.value_rows().map(|row| row.label.clone());
    let mut text = cells(std::iter::once("事项".to_owned()).chain(labels).collect());
    for (number, column) in table.columns.iter().enumerate() {
        let values =
            (1..=table.value_rows().count()).map(|row| row * if number == 6 { 1 } else { 100 });
        let values = values.map(|value| value.to_string());
        text.push_str(&cells(std::iter::once(column.label.clone()).chain(values).collect()));
    }
    text
}

#[test]
fn a_table_turned_on_its_side_is_turned_back() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let page = format!("{HEAD}<table>{}</table>", turned(("<tr>", "</tr>"), ("<td>", "</td>")));
    let one_a_line = with_title(&turned(("", ""), ("", "\n")));
    for (name, text) in [("a.html", page), ("a.txt", one_a_line)] {
        let report = lay(name, &text);
        assert_numbered(&report, form, &[]);
        assert_eq!(shown(&report, "requests.carried_in.business"), "200", "{name}");
    }
}

#[test]
fn figures_before_their_labels_one_a_line_are_undecided_and_such_a_report_does_not_pass() {
    let forms = forms();
    let form = forms.get("2021").unwrap();
    let rows =
        of_each_row(form, |row, index| format!("{}\n{}\n", numbered(index).join("\n"), row.label));
    let head = "总计\n自然人\n其他\n法律服务机构\n社会公益组织\n科研机构\n商业企业";
    let (report, found) = checked("a.txt", &with_title(&format!("{head}\n{rows}")));
    let certain = report.cells.values().filter(|cell| !cell.doubtful).count();
    assert_eq!(certain, 0);
    let lost = found.findings.iter().find(|f| f.rule == "column-lost").unwrap();
    assert_eq!(lost.severity, Severity::Error);
}

#[test]
fn table_four_from_right_to_left_one_cell_a_line_is_undecided() {
    let block = "总计\n尚未审结\n其他结果\n结果纠正\n结果维持\n";
    let values: String = (1..=15).map(|n| format!("{n}\n")).collect();
    let text =
        format!("行政诉讼\n行政复议\n复议后起诉\n未经复议直接起诉\n{}{values}", block.repeat(3));
    let report = lay("a.txt", &with_title(&text));
    assert_eq!(shown(&report, "disputes.review.total"), "text");
}

#[test]
fn statistics_whose_labels_stand_in_the_text_are_not_just_missing() {
    let forms = forms();
    let table = forms.get("2014").unwrap().table("statistics").unwrap();
    let of = |separator: &str, row: fn(&str) -> String| {
        let rows: String =
            table.rows.iter().map(|r| format!("{}{separator}", row(&r.label))).collect();
        let (_, found) = checked("a.txt", &format!("青塘镇2017年政府信息公开工作年度报告\n{rows}"));
        found.findings.iter().any(|f| f.rule == "table-unruled" && f.severity == Severity::Error)
    };
    assert!(of("\n", |label| format!("{label}为3。")));
    // Labels broken over lines that run together with others.
    let torn = |label: &str| {
        let chars: Vec<char> = label.chars().filter(|c| c.is_alphabetic()).collect();
        chars.chunks(4).map(|line| line.iter().rev().collect::<String>() + "\n\n\n\n").collect()
    };
    assert!(of("\n", torn));
}
