//! The templates of `config/mail`, embedded.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

/// Each letter has a `.txt` and an `.html` template; minijinja escapes every value in the latter,
/// by its name.
const TEMPLATES: &[(&str, &str)] = &[
    ("letter.txt", include_str!("../../config/mail/letter.txt")),
    ("letter.html", include_str!("../../config/mail/letter.html")),
    ("admin.txt", include_str!("../../config/mail/admin.txt")),
    ("admin.html", include_str!("../../config/mail/admin.html")),
    ("item.txt", include_str!("../../config/mail/item.txt")),
    ("item.html", include_str!("../../config/mail/item.html")),
    ("table.html", include_str!("../../config/mail/table.html")),
    ("page.html", include_str!("../../config/mail/page.html")),
];

/// The templates, ready to be filled.
pub(super) struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    /// Parses them all.
    pub(super) fn load() -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let tags_leave_no_lines =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(tags_leave_no_lines);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        Ok(Self { environment })
    }

    /// Text and HTML of the letter `name`, which sees `letter` and `subject`.
    pub(super) fn render(
        &self,
        name: &str,
        subject: &str,
        letter: &impl Serialize,
    ) -> Result<(String, String), minijinja::Error> {
        let values = context! { letter => Value::from(Serde(letter)), subject => subject };
        let text = self.environment.get_template(&format!("{name}.txt"))?.render(&values)?;
        let html = self.environment.get_template(&format!("{name}.html"))?.render(&values)?;
        Ok((text, html))
    }
}
