//! Builder images for machines that reach no public registry.
