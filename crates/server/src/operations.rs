//! How a surface lists its operations: an enum, and the endpoint table that goes with it, from one list. An operation without a row cannot be written.

/// Makes the enum of a surface's operations. Each row is `Variant(data) => METHOD "path", access, refusal;`, where access is an
/// [`Access`](crate::endpoint::Access) and refusal a [`Refusal`](crate::endpoint::Refusal).
macro_rules! operations {
    ($(#[$meta:meta])* enum $name:ident {
        $($(#[$doc:meta])* $variant:ident $(($($data:ty),+))? => $method:ident $path:literal, $access:expr, $refusal:ident;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(super) enum $name {
            $($(#[$doc])* $variant $(($($data),+))?,)+
        }

        impl $name {
            /// The table's row of this operation.
            pub(super) fn endpoint(&self) -> $crate::endpoint::Endpoint {
                match self {
                    $(Self::$variant { .. } => $crate::endpoint::Endpoint::new(
                        http::Method::$method, $path, $access, $crate::endpoint::Refusal::$refusal,
                    ),)+
                }
            }

            /// All rows.
            pub(super) fn endpoints() -> Vec<$crate::endpoint::Endpoint> {
                vec![$($crate::endpoint::Endpoint::new(
                    http::Method::$method, $path, $access, $crate::endpoint::Refusal::$refusal,
                ),)+]
            }
        }
    };
}

pub(crate) use operations;
