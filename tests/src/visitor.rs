//! Somebody in front of a browser while an application signs them in: agrees, lets devices in, and stops where the application's own address begins.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Pages, Wharf};

const PASSWORD: &str = "violet tangent 9";

/// A person with a browser.
#[derive(Debug)]
pub struct Visitor {
    pages: Pages,
}

fn between<'a>(page: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(page.split_once(before)?.1.split_once(after)?.0)
}

/// The text of an attribute.
fn plain(text: &str) -> String {
    let text = text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"");
    text.replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">")
}

/// The hidden fields of a page's form, without the one that every form has.
fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    let field = |input: &str| {
        let (name, rest) = input.split_once('"')?;
        Some((name.to_owned(), plain(between(rest, "value=\"", "\"")?)))
    };
    inputs
        .filter_map(field)
        .filter(|(name, _)| name != "form_token")
        .collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (&**name, &**value)).collect()
}

impl Visitor {
    /// Somebody who was never at this server.
    #[must_use]
    pub fn new(wharf: &Wharf) -> Self {
        Self {
            pages: Pages::new(wharf),
        }
    }

    /// Follows an invitation to its end: the person is signed in, with a second factor shown just now.
    #[track_caller]
    pub fn enrol(&mut self, link: &str) {
        self.pages.accept(link, PASSWORD);
    }

    /// Opens a client's request, agrees where that is asked for, and says what the client's address is called with.
    #[track_caller]
    pub fn open(&mut self, url: &str) -> Value {
        let mut address = url.to_owned();
        for _ in 0..5 {
            let reply = self.pages.get(&address);
            let location = reply.header("location").unwrap_or_default().to_owned();
            if location.starts_with('/') {
                address = location;
            } else if !location.is_empty() {
                return json!({ "location": location });
            } else if reply.body.contains("action=\"/consent\"") {
                let fields = hidden(&reply.body);
                let request = fields.iter().find(|(name, _)| name == "request");
                address = request.map(|(_, value)| value.clone()).unwrap_or_default();
                let mut fields = borrowed(&fields);
                fields.push(("decision", "yes"));
                self.pages.submit("/consent", &fields);
            } else {
                let form: BTreeMap<String, String> = hidden(&reply.body).into_iter().collect();
                assert!(form.contains_key("state"), "{url}: {}", reply.body);
                return json!({ "form": form });
            }
        }
        panic!("{url} leads nowhere");
    }

    /// Lets a device in.
    #[track_caller]
    pub fn let_in(&mut self, user_code: &str) -> Value {
        assert_eq!(self.pages.let_in(user_code).status, 200);
        json!({})
    }

    /// Signs out as a client asks, and says where the page leads.
    #[track_caller]
    pub fn sign_out(&mut self, url: &str) -> Value {
        let page = self.pages.get(url).body;
        let fields = hidden(&page);
        let reply = self.pages.submit("/sign-out", &borrowed(&fields));
        let back = between(&reply.body, "content=\"0;url=", "\"").map(plain);
        json!({ "location": back.expect("the page leads back") })
    }
}
