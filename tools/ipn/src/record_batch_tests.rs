// SPDX-License-Identifier: GPL-2.0

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// The bytes that the first `count` of the messages take in a batch, laid out one by one.
fn laid_out(messages: &[Vec<u8>], count: usize) -> Vec<u8> {
    let mut laid = Vec::new();
    for message in &messages[..count] {
        while laid.len() % 8 != 0 {
            laid.push(0);
        }
        laid.extend((message.len() as u32).to_ne_bytes());
        laid.extend([0; 20]);
        laid.extend(message);
    }
    laid
}

proptest! {
    #[test]
    fn records_are_laid_out_as_the_header_says(messages in vec(vec(any::<u8>(), 0..40), 0..9)) {
        let batch: RecordBatch = messages.iter().collect();
        prop_assert_eq!(batch.as_bytes(), laid_out(&messages, messages.len()));
        prop_assert_eq!(batch.len(), messages.len());
        prop_assert!(batch.iter().eq(messages.iter().map(Vec::as_slice)));
    }

    #[test]
    fn what_was_sent_leaves(
        messages in vec(vec(any::<u8>(), 0..40), 0..9), sent in 0..10_usize, padded: bool,
    ) {
        let mut batch: RecordBatch = messages.iter().collect();
        let sent = sent.min(messages.len());
        let len = laid_out(&messages, sent).len();
        batch.sent(if padded { len.next_multiple_of(8) } else { len });
        prop_assert_eq!(batch.len(), messages.len() - sent);
        prop_assert!(batch.iter().eq(messages[sent..].iter().map(Vec::as_slice)));
        batch.push(b"more");
        prop_assert_eq!(batch.iter().last(), Some(&b"more"[..]));
        prop_assert_eq!(batch.len(), messages.len() - sent + 1);
    }

    #[test]
    fn no_answer_of_a_kernel_makes_it_panic(
        messages in vec(vec(any::<u8>(), 0..40), 0..9), answers in vec(any::<usize>(), 0..4), small in 0..99_usize,
    ) {
        let mut batch: RecordBatch = messages.iter().collect();
        batch.sent(small);
        answers.iter().for_each(|taken| batch.sent(*taken));
        prop_assert_eq!(batch.iter().count(), batch.len());
    }
}

#[test]
fn the_first_is_removed() {
    let mut batch: RecordBatch = ["one", "", "three"].iter().collect();
    batch.remove_first();
    assert!(batch.iter().eq([&b""[..], b"three"]));
    batch.remove_first();
    batch.remove_first();
    batch.remove_first();
    assert!(batch.is_empty() && batch.as_bytes().is_empty());
}
