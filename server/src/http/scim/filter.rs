//! Filters (RFC 7644, 3.4.2.2): read within limits, and asked of what would be shown.
//!
//! Never sees more of somebody than the answer would tell.

use serde_json::Value;

use super::fault::Fault;
use crate::chat::state::fold_handle;

/// Of a filter, and of the path of a patch.
pub const CHARS_MAX: usize = 1_000;
/// Brackets in brackets.
const DEPTH_MAX: usize = 8;
const TERMS_MAX: usize = 32;

#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Present(String),
    Test(String, Operator, Value),
    /// Of one and the same value of an attribute that has several.
    Within(String, Box<Filter>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    Equal,
    NotEqual,
    Contains,
    Starts,
    Ends,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Filter {
    pub fn parse(text: &str) -> Result<Filter, Fault> {
        if text.chars().count() > CHARS_MAX {
            return Err(Fault::filter("The filter is too long."));
        }
        let mut reader = Reader {
            rest: text,
            terms: 0,
        };
        let filter = reader.any(0)?;
        match reader.skip().is_empty() {
            true => Ok(filter),
            false => Err(wrong()),
        }
    }

    pub fn takes(&self, of: &Value) -> bool {
        match self {
            Filter::All(all) => all.iter().all(|filter| filter.takes(of)),
            Filter::Any(any) => any.iter().any(|filter| filter.takes(of)),
            Filter::Not(filter) => !filter.takes(of),
            Filter::Present(path) => found(of, path).into_iter().any(is_something),
            Filter::Test(path, Operator::NotEqual, value) => {
                !test(of, path, Operator::Equal, value)
            }
            Filter::Test(path, operator, value) => test(of, path, *operator, value),
            Filter::Within(path, filter) => {
                found(of, path).into_iter().any(|value| filter.takes(value))
            }
        }
    }

    /// What an attribute must be in all that is taken: so that whoever asks for one is not looked for among all.
    pub fn must_be(&self, attribute: &str) -> Option<&str> {
        match self {
            Filter::All(all) => all.iter().find_map(|filter| filter.must_be(attribute)),
            Filter::Test(path, Operator::Equal, Value::String(text))
                if path.eq_ignore_ascii_case(attribute) =>
            {
                Some(text)
            }
            _ => None,
        }
    }
}

/// Without the schema it stands in: there is one.
pub fn bare(path: &str) -> &str {
    let has_schema = path
        .get(..4)
        .is_some_and(|p| p.eq_ignore_ascii_case("urn:"));
    match path.rsplit_once(':') {
        Some((_, last)) if has_schema => last,
        _ => path,
    }
}

fn found<'v>(of: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut values = vec![of];
    for name in path.split('.') {
        let inside = values.into_iter().flat_map(each).filter_map(|value| {
            let mut fields = value.as_object()?.iter();
            fields.find(|(key, _)| key.eq_ignore_ascii_case(name))
        });
        values = inside.map(|(_, value)| value).collect();
    }
    values.into_iter().flat_map(each).collect()
}

fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

fn test(of: &Value, path: &str, operator: Operator, wanted: &Value) -> bool {
    let values = found(of, path);
    if wanted.is_null() {
        return operator == Operator::Equal && !values.into_iter().any(is_something);
    }
    // Of what has parts, the one that is called the value.
    let plain = |value: &'_ Value| match value.get("value") {
        Some(inner) => text_of(inner),
        None => text_of(value),
    };
    let is_exact = ["id", "externalid"].contains(&path.to_ascii_lowercase().as_str());
    let same = |text: String| match is_exact {
        true => text,
        // As logins are kept apart.
        false => fold_handle(&text),
    };
    let Some(wanted) = text_of(wanted).map(same) else {
        return false;
    };
    let values = values.into_iter().filter_map(plain).map(same);
    values.into_iter().any(|value| match operator {
        Operator::Equal | Operator::NotEqual => value == wanted,
        Operator::Contains => value.contains(&wanted),
        Operator::Starts => value.starts_with(&wanted),
        Operator::Ends => value.ends_with(&wanted),
        Operator::Above => value > wanted,
        Operator::AtLeast => value >= wanted,
        Operator::Below => value < wanted,
        Operator::AtMost => value <= wanted,
    })
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

struct Reader<'t> {
    rest: &'t str,
    terms: usize,
}

fn wrong() -> Fault {
    Fault::filter("The filter cannot be read.")
}

impl<'t> Reader<'t> {
    fn skip(&mut self) -> &'t str {
        self.rest = self.rest.trim_start_matches(' ');
        self.rest
    }

    fn takes(&mut self, sign: char) -> bool {
        match self.skip().strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A word of the grammar, whatever its case; what follows is not part of it.
    fn says(&mut self, word: &str) -> bool {
        let rest = self.skip();
        let Some((head, tail)) = rest.split_at_checked(word.len()) else {
            return false;
        };
        let is = head.eq_ignore_ascii_case(word) && !tail.starts_with(is_of_a_name);
        if is {
            self.rest = tail;
        }
        is
    }

    fn any(&mut self, depth: usize) -> Result<Filter, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::filter("The filter goes too deep."));
        }
        let mut any = vec![self.all(depth)?];
        while self.says("or") {
            any.push(self.all(depth)?);
        }
        Ok(one_or(any, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, Fault> {
        let mut all = vec![self.term(depth)?];
        while self.says("and") {
            all.push(self.term(depth)?);
        }
        Ok(one_or(all, Filter::All))
    }

    fn term(&mut self, depth: usize) -> Result<Filter, Fault> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(Fault::filter("The filter has too many terms."));
        }
        if self.takes('(') {
            return self.enclosed(depth, ')');
        }
        let path = self.name()?;
        if path.eq_ignore_ascii_case("not") && self.takes('(') {
            return Ok(Filter::Not(Box::new(self.enclosed(depth, ')')?)));
        }
        let path = bare(path).to_owned();
        if self.takes('[') {
            return Ok(Filter::Within(path, Box::new(self.enclosed(depth, ']')?)));
        }
        if self.says("pr") {
            return Ok(Filter::Present(path));
        }
        let operators = [
            ("eq", Operator::Equal),
            ("ne", Operator::NotEqual),
            ("co", Operator::Contains),
            ("sw", Operator::Starts),
            ("ew", Operator::Ends),
            ("gt", Operator::Above),
            ("ge", Operator::AtLeast),
            ("lt", Operator::Below),
            ("le", Operator::AtMost),
        ];
        let said = operators.into_iter().find(|(word, _)| self.says(word));
        let (_, operator) = said.ok_or_else(wrong)?;
        Ok(Filter::Test(path, operator, self.value()?))
    }

    fn enclosed(&mut self, depth: usize, end: char) -> Result<Filter, Fault> {
        let filter = self.any(depth + 1)?;
        match self.takes(end) {
            true => Ok(filter),
            false => Err(wrong()),
        }
    }

    fn name(&mut self) -> Result<&'t str, Fault> {
        let rest = self.skip();
        let end = rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$') {
            return Err(wrong());
        }
        self.rest = tail;
        Ok(name)
    }

    /// One value of JSON: text, a number, true, false or null.
    fn value(&mut self) -> Result<Value, Fault> {
        let rest = self.skip();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let value = match values.next() {
            Some(Ok(value)) if !value.is_array() && !value.is_object() => value,
            // Some write True and False.
            _ if self.says("true") => return Ok(Value::Bool(true)),
            _ if self.says("false") => return Ok(Value::Bool(false)),
            _ => return Err(wrong()),
        };
        self.rest = rest.get(values.byte_offset()..).unwrap_or_default();
        Ok(value)
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '.' | ':')
}

fn one_or(mut several: Vec<Filter>, of: fn(Vec<Filter>) -> Filter) -> Filter {
    match several.pop() {
        Some(one) if several.is_empty() => one,
        Some(last) => {
            several.push(last);
            of(several)
        }
        None => of(several),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn takes(filter: &str) -> bool {
        let grace = json!({
            "id": "01ABC", "externalId": "E-7", "userName": "Grace@Acme.example",
            "displayName": "Grace Hopper", "name": {"formatted": "Grace Hopper"},
            "active": true, "roles": [{"value": "guest"}],
            "meta": {"created": "2026-11-23T10:00:00.000Z"},
        });
        Filter::parse(filter)
            .unwrap_or_else(|f| panic!("{filter}: {f:?}"))
            .takes(&grace)
    }

    #[test]
    fn a_filter_takes_whom_the_standard_says() {
        for yes in [
            r#"userName eq "grace@acme.example""#,
            r#"USERNAME EQ "GRACE@ACME.EXAMPLE""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "gr""#,
            r#"id eq "01ABC" and externalId eq "E-7""#,
            r#"externalId eq "e-7" or displayName co "hop""#,
            r#"not (active eq false) and name.formatted ew "hopper""#,
            r"active eq True",
            r#"active eq "true""#,
            r#"roles eq "guest" and roles[value eq "guest"] and roles.value pr"#,
            r"displayName pr and not (nickName pr)",
            r#"emails ne "x" and title eq null"#,
            r#"meta.created ge "2026-11-23" and meta.created lt "2026-11-24""#,
            r"title pr and title pr or userName pr",
        ] {
            assert!(takes(yes), "{yes}");
        }
        for no in [
            r#"externalId eq "e-7""#,
            r#"userName eq "ada""#,
            r#"emails[type eq "work" and value co "@"]"#,
            r#"emails.value eq "grace@acme.example""#,
            r"userName pr and (title pr or title pr)",
            r"active eq false",
        ] {
            assert!(!takes(no), "{no}");
        }
    }

    #[test]
    fn what_is_no_filter_is_told_so() {
        let deep = format!("{}userName pr{}", "(".repeat(10), ")".repeat(10));
        let many = vec!["userName pr"; 40].join(" or ");
        let long = format!("userName eq \"{}\"", "a".repeat(CHARS_MAX));
        for wrong in [
            "",
            " ",
            "userName",
            "userName eq",
            "userName is \"x\"",
            "userName eq x",
            "eq \"x\"",
            "(userName pr",
            "userName pr)",
            "userName pr and",
            "userName eq [1]",
            "userName eq \"x",
            "a[b pr",
            "not userName pr",
            "userName pr or or title pr",
            &deep,
            &many,
            &long,
        ] {
            let fault = Filter::parse(wrong).expect_err(wrong);
            assert_eq!(fault.kind, Some("invalidFilter"), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_breaks_the_reader(text in ".{0,80}", word in "[a-z(\\[\"). ]{0,60}") {
            for text in [text, word] {
                if let Ok(filter) = Filter::parse(&text) {
                    filter.takes(&json!({"userName": "x", "roles": [{"value": "guest"}]}));
                }
            }
        }

        #[test]
        fn whoever_is_asked_for_by_her_own_login_is_found(login in "\\PC{1,40}", other in "\\PC{1,40}") {
            let user = json!({"userName": login});
            let asked = |login: &str| Filter::parse(&format!("userName eq {}", json!(login))).expect("a filter");
            prop_assert!(asked(&login).takes(&user));
            prop_assert_eq!(asked(&other).takes(&user), fold_handle(&login) == fold_handle(&other));
        }
    }
}
