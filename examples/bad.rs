fn main() {
    for a in std::env::args().skip(1) {
        let t = std::fs::read_to_string(format!("{a}/form.toml")).unwrap();
        let e = gouji::form::check_file("form.toml", &t).map(|f| f.id).unwrap_err();
        let s: Vec<String> = e.iter().map(|e| e.to_string()).collect();
        std::fs::write(format!("{a}/expected-error"), s.join("\n") + "\n").unwrap();
    }
}
