//! Wharf seen from outside.
