//! Specifications of the pages, as somebody sees them in Chromium. Each page that is looked at is good as well: no error on the console, no violation of its
//! policy, none of the rules of accessibility broken, and nothing beyond the edge of a narrow window (`Chromium::page_is_good`).

mod account;
mod consent;
mod device;
mod enrolment;
mod sign_in;
mod site;
