#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    mahfada_fuzz_targets::x5c(data);
});
