//! endpoint_table
