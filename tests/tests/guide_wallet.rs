//! `docs/guide-wallet.md`: its code is that of the example, and the example prints what the page says.
#![forbid(unsafe_code)]

#[cfg(test)]
#[expect(dead_code, reason = "its `main` is for people")]
#[path = "../examples/minimal_wallet.rs"]
mod minimal_wallet;
#[cfg(test)]
#[path = "../../mahfada/tests/guides/page.rs"]
mod page;

#[cfg(test)]
mod guide_wallet {
    use super::minimal_wallet;
    use super::page::{blocks, fences, fits, read};

    const PAGE: &str = "guide-wallet.md";
    const EXAMPLE: &str = include_str!("../examples/minimal_wallet.rs");

    #[test]
    fn the_example_prints_what_the_page_says() {
        let page = read(PAGE);
        let blocks = blocks(&page);
        let [block] = blocks.as_slice() else {
            panic!("{PAGE} has one block of commands");
        };
        assert_eq!(
            block.commands,
            "cargo run -q -p mahfada-tests --example minimal_wallet\n"
        );
        let mut output = Vec::new();
        minimal_wallet::run(&mut output).unwrap();
        let output = String::from_utf8(output).unwrap();
        let expected = block.prints.as_deref().unwrap();
        assert!(
            fits(expected, &output),
            "is to print\n{expected}\nand printed\n{output}"
        );
    }

    #[test]
    fn the_code_of_the_page_stands_in_the_example() {
        let example = plain(EXAMPLE);
        let fences = fences(&read(PAGE));
        let code: Vec<_> = fences.iter().filter(|fence| fence.language == "rust").collect();
        assert!(code.len() > 4, "{PAGE} shows hardly any code");
        for fence in code {
            assert!(
                example.contains(&plain(&fence.text)),
                "not in the example:\n{}",
                fence.text
            );
        }
    }

    /// Code without its layout, which is rustfmt's in the example and the reader's in the page.
    fn plain(code: &str) -> String {
        code.split_whitespace().collect()
    }
}
