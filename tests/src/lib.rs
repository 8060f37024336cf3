//! The test kit: starts real parts on loopback, each in a directory of its own, and ends only what it started.
