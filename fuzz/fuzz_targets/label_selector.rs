#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::label_selector::check(data));
