//! Letting an application act for oneself, and taking that back.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use wharf_tests::eventually;

use crate::site::{Visitor, text};

/// RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An application of the organisation: where browsers come back to, and the address that sends them to be signed in.
struct Shop {
    back: String,
    ask: String,
}

impl Shop {
    fn open(visitor: &Visitor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let back = format!(
            "http://localhost:{}/back",
            listener.local_addr().expect("an address").port()
        );
        // For as long as the test runs: a browser opens connections that it does not use.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(stream));
            }
        });
        let site = &visitor.site;
        let made = format!("ad app create --display-name Shop --web-redirect-uris {back}");
        let client = text(&site.owner.run(&made).ok().json(), "appId");
        let ask = format!(
            "{}/{}/oauth2/v2.0/authorize?client_id={client}&response_type=code&redirect_uri={back}&scope=openid%20profile%20offline_access&state=s\
             &code_challenge={CHALLENGE}&code_challenge_method=S256",
            site.wharf.url(),
            site.tenant
        );
        Self { back, ask }
    }

    /// The browser is back at the shop with this in its address.
    fn has(&self, visitor: &Visitor, field: &str) {
        eventually("the browser is back at the shop", Duration::from_secs(10), || {
            visitor.browser.url().starts_with(&self.back)
        });
        let url = visitor.browser.url();
        assert!(url.contains(field), "{url}");
    }
}

fn answer(mut stream: std::net::TcpStream) {
    // Whatever it asks for: a page without anything.
    if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nshop");
    }
}

#[test]
fn an_application_is_allowed_once_and_taken_back_on_the_account_page() {
    let visitor = Visitor::with_passkey();
    let shop = Shop::open(&visitor);
    let asked = |visitor: &Visitor| {
        visitor.browser.open(&shop.ask).shows("Let “Shop” act for you?");
    };
    asked(&visitor);
    visitor
        .browser
        .says("a program on this computer")
        .says(&visitor.name)
        .press("No");
    shop.has(&visitor, "error=access_denied");
    asked(&visitor);
    visitor.browser.press("Yes, allow it");
    shop.has(&visitor, "code=");
    // Nothing is asked any more.
    visitor.browser.open("/account").shows("Alice");
    visitor.browser.open(&shop.ask);
    shop.has(&visitor, "code=");
    visitor
        .browser
        .open("/account")
        .says("Shop")
        .press("Remove access of Shop");
    visitor.browser.lacks("Remove access");
    asked(&visitor);
}

#[test]
fn who_is_not_signed_in_signs_in_and_is_asked_then() {
    let visitor = Visitor::with_passkey();
    let shop = Shop::open(&visitor);
    visitor.sign_out();
    let browser = visitor.browser.open(&shop.ask).shows("Sign in");
    browser.press("Sign in with a passkey").shows("Let “Shop” act for you?");
}
