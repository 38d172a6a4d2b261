use gouji::*;
use serde_json::{Map, Value, json};
fn main() {
    let forms = form::Forms::load(None).map_err(|e| e.to_string()).unwrap();
    let mut code = 0;
    for a in std::env::args().skip(1).filter(|a| !matches!(a.as_str(), "check" | "--json")) {
        let bytes = std::fs::read(&a).unwrap();
        let name = std::path::Path::new(&a).file_name().unwrap().to_string_lossy().into_owned();
        let reading = match document::read(&bytes, &name, &document::Limits::default()) {
            Ok(d) => inspect::Reading::Documents(vec![(String::new(), Ok(d))]),
            Err(r) => inspect::Reading::Refused(r),
        };
        if gouji::watch::is_ignored(std::ffi::OsStr::new(&name)) {
            println!("{}", json!({"file": name, "verdict":"ignored","reason":"x"}));
            continue;
        }
        for i in inspect::inspect(&name, reading, &forms, &Default::default()) {
            let mut o = Map::new();
            o.insert("file".into(), json!(name));
            o.insert("verdict".into(), json!(i.verdict));
            o.insert("reason".into(), json!(i.reason));
            if let Some(c) = &i.checked {
                let r = &c.report;
                o.insert("form".into(), json!(r.form));
                o.insert("unit".into(), json!(r.unit));
                o.insert("year".into(), json!(r.year));
                o.insert("published".into(), json!(r.published.map(|d| d.to_string())));
                let cells: Map<String, Value> = r
                    .cells
                    .iter()
                    .map(|(k, c)| {
                        (
                            k.to_string(),
                            match &c.value {
                                report::CellValue::Number(n) => {
                                    json!(n.to_string().parse::<f64>().unwrap())
                                }
                                report::CellValue::Text(t) => json!(t),
                                _ => Value::Null,
                            },
                        )
                    })
                    .collect();
                o.insert("cells".into(), Value::Object(cells));
                o.insert("findings".into(), json!(c.findings));
                o.insert("title".into(), json!(r.title));
                o.insert(
                    "sections".into(),
                    json!(
                        r.sections
                            .iter()
                            .map(|s| format!("{:?} {}", s.id, s.heading))
                            .collect::<Vec<_>>()
                    ),
                );
                o.insert("period".into(), json!(r.period.map(|p| format!("{p:?}"))));
                if i.verdict == check::Verdict::Failed {
                    code = code.max(1)
                }
            } else {
                code = 2
            }
            println!("{}", Value::Object(o));
        }
    }
    std::process::exit(code)
}
