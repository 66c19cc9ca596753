//! The rules that every backend keeps, one function each; a broken rule panics.
//!
//! A backend's tests say `mahfada_storage::storage_conformance!(open_empty);` with a function
//! `fn open_empty() -> std::sync::Arc<dyn mahfada_storage::Storage>` that opens an empty store of its own at each call.
#![expect(
    clippy::missing_panics_doc,
    reason = "a rule panics when it is broken, and only then"
)]

pub mod access_token;
pub mod audit;
pub mod authorization_code;
pub mod card_session;
pub mod event;
pub mod issuance;
pub mod pre_authorized_code;
pub mod presentation;
pub mod published_list;
pub mod sample;
pub mod single_use;
pub mod status_list;
pub mod trust_memory;
pub mod unit_of_work;
pub mod webhook_delivery;

use std::convert::Infallible;

use crate::{Outcome, Storage, StorageError, UnitOfWork};

/// Runs a work that commits and returns its value.
///
/// # Errors
/// What the work or the store answers.
pub fn attempt<T: Send + 'static>(
    storage: &dyn Storage,
    work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    let answer = storage.execute_blocking(|unit| work(unit).map(Outcome::<T, Infallible>::Commit))?;
    let Ok(value) = answer;
    Ok(value)
}

/// Runs a work that commits and whose failure breaks the rule.
#[track_caller]
#[expect(clippy::unwrap_used, reason = "a rule panics when it is broken")]
pub fn run<T: Send + 'static>(
    storage: &dyn Storage,
    work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
) -> T {
    attempt(storage, work).unwrap()
}

/// Runs a work that must be refused and returns the reason code.
#[track_caller]
#[expect(clippy::unwrap_used, reason = "a rule panics when it is broken")]
pub fn refusal<T: std::fmt::Debug + Send + 'static>(
    storage: &dyn Storage,
    work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, StorageError> + Send + 'static,
) -> &'static str {
    attempt(storage, work).unwrap_err().code()
}

/// Makes one `#[test]` of each rule for the backend that `$open` opens.
#[macro_export]
macro_rules! storage_conformance {
    ($open:ident) => {
        $crate::storage_conformance! { @tests $open;
            unit_of_work: keeps_what_is_committed, keeps_what_a_refusal_commits,
                drops_what_a_refusal_rolls_back, drops_what_an_error_rolls_back,
                survives_a_panicking_work, isolates_a_failed_work_from_its_neighbours,
                answers_async_callers, forgets_what_has_ended,
                keeps_what_another_record_leads_to, purges_in_batches, answers_questions_beside,
                changes_nothing_beside;
            single_use: consumes_once_per_kind_and_hash, forgets_only_what_has_expired,
                purges_in_batches,
                consumes_anew_after_the_end, consumes_once_among_many_threads;
            pre_authorized_code: round_trips, refuses_a_second_of_the_same_hash_or_offer,
                redeems_once, burnt_code_is_not_redeemed, fifth_wrong_tx_code_burns,
                wrong_tx_code_after_the_end_counts_nothing, evaluates_at_most_five_guesses,
                leads_from_the_offer_to_the_issuance;
            card_session: round_trips, spends_once, refuses_a_second_of_the_same_session;
            authorization_code: round_trips, redeems_once_and_remembers_the_token;
            access_token: round_trips, revokes_once, hands_out_the_issuance_before,
                refuses_an_unknown_issuance, revoked_token_takes_no_issuance;
            status_list: creates_once, refuses_another_list_of_the_same_uri,
                refuses_bits_and_sizes_that_do_not_exist, allocates_the_first_free_candidate,
                never_allocates_outside_the_list, allocates_each_index_once_among_many_threads,
                invalid_is_for_ever, refuses_a_value_that_does_not_fit,
                refuses_to_set_an_index_that_is_not_taken, lists_non_zero_in_order, counts_used,
                reads_beside_what_was_committed, reads_beside_for_async_callers;
            issuance: round_trips_with_the_day_only, revokes_every_copy, suspends_and_reinstates,
                revocation_is_for_ever, refuses_an_index_that_is_not_taken,
                refuses_an_index_of_another_issuance, refuses_an_index_that_is_not_valid,
                refuses_an_issuance_without_copies, one_bit_lists_cannot_suspend,
                lists_the_newest_first, finds_live_issuances_of_a_card,
                keeps_every_concurrent_revocation;
            presentation: round_trips, refuses_taken_ids, same_device_needs_a_browser_session,
                answers_once, completes_once_and_only_in_its_browser_session,
                cross_device_is_not_completed, forgets_what_has_ended, purges_in_batches,
                counts_open;
            published_list: publishes_in_sequence, refuses_a_gap_and_a_repetition,
                keeps_every_root_version;
            trust_memory: replaces_under_a_key;
            audit: numbers_and_pages;
            event: round_trips_in_order, pages_after_a_place, shows_a_tenant_its_own_only,
                places_tell_nothing_of_others, purges_in_batches, refuses_a_taken_id_and_an_endpoint_named_twice, goes_with_its_unit_of_work,
                forgets_old_events_without_open_deliveries;
            webhook_delivery: enqueues_one_per_endpoint, claims_again_only_after_the_lease,
                claims_the_longest_due_first, passes_over_busy_endpoints,
                tells_whether_anything_is_due, retries_when_asked,
                settles_once, claims_once_among_many_threads;
        }
    };
    (@tests $open:ident; $($subject:ident: $($rule:ident),+;)+) => {
        $(mod $subject {
            $(#[test]
            fn $rule() {
                $crate::conformance::$subject::$rule(&*super::$open());
            })+
        })+
    };
}
