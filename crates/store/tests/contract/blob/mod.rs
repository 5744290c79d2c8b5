//! Bytes of blobs.
