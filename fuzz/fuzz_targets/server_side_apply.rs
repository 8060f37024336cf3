#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::server_side_apply::check(data));
