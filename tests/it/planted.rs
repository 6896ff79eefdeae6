//! The suite against itself: for each mistake that can be planted in the engine, the tests that must not pass with it.
//! They are run again by themselves, in another process of this very program, with the mistake planted.

use std::process::Command;

use rayon::prelude::*;

use runaway::planted::Mistake;

/// Which tests catch each mistake: the cheapest that do.
const CAUGHT_BY: &[(Mistake, &[&str])] = &[
    (Mistake::RevocationIgnoredAtGateway, &["edges::bystanders::who_gets_the_new_secret_in_time_is_no_collateral"]),
    (Mistake::RevocationHeardBySignature, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::PushWithoutDelay, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::LeewayForgotten, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::ReplicasShareOneCache, &["definitions::propagation::replicas_flap_and_the_worst_one_is_the_lag"]),
    (Mistake::CacheHoldsOneTickLonger, &["edges::stale::what_lapsed_is_served_once_and_checked"]),
    (Mistake::StaleServedForEver, &["edges::stale::nobody_has_it_checked_until_it_is_used"]),
    (Mistake::StaleNotServed, &["edges::stale::nobody_has_it_checked_until_it_is_used"]),
    (Mistake::BindingIgnored, &["validation::what_was_bound_when_it_was_issued_is_known_everywhere"]),
    (Mistake::ExpiryIgnoredByCaches, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::CensusOfBestReplica, &["definitions::propagation::replicas_flap_and_the_worst_one_is_the_lag"]),
    (Mistake::CensusWithoutStale, &["edges::stale::nobody_has_it_checked_until_it_is_used"]),
    (Mistake::CensusForgetsExpiry, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::KeySetIsNeverOld, &["forgery::a_removed_key_is_trusted_until_the_set_is_fetched_again"]),
    (Mistake::ForgedTokensAreKnown, &["forgery::who_asks_the_issuer_hears_that_nobody_issued_it"]),
    (
        Mistake::ForgedTokensAreNotProbed,
        &["truths_forgery::probes_see_forged_tokens_end_with_their_week_or_with_their_key_and_with_nothing_else"],
    ),
    (Mistake::EndedKeysStayPublished, &["clients::the_runbook_that_mock_shows_works_with_curl"]),
    (
        Mistake::OthersAreWrittenOver,
        &["writes::where_no_versions_are_told_what_somebody_else_changed_is_not_written_over_either"],
    ),
    (Mistake::CensusForgetsKeys, &["forgery::who_goes_by_the_signature_takes_it_until_it_says_that_it_expires"]),
    (Mistake::RotationTakesAlong, &["containment::a_successor_takes_nothing_along"]),
    (Mistake::LayerIsIgnored, &["containment::a_session_is_ended_and_a_password_is_changed_and_nothing_else_is"]),
    (Mistake::SearchExchangesItsOwnOnly, &["exchange::two_tokens_open_a_door_that_neither_opens_alone"]),
    (Mistake::CensusExchangesItsOwnOnly, &["exchange::two_tokens_open_a_door_that_neither_opens_alone"]),
    (Mistake::ScopeIgnored, &["edges::alarms::a_deletion_that_was_refused_destroys_nothing"]),
    (Mistake::AudienceTakenForScope, &["rights::a_token_for_one_service_is_no_token_at_another_that_looks"]),
    (Mistake::BlockIgnored, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::ClosedOperationAnswers, &["edges::an_operation_that_was_closed_answers_nobody"]),
    (Mistake::LimitsNotAsked, &["edges::limits::who_has_used_nothing_is_let_through"]),
    (Mistake::ProbesAreLogged, &["probes::probes_count_nowhere_but_in_caches"]),
    (Mistake::ExpiresOneTickLate, &["edges::protocol::only_what_is_alive_introspects_as_active"]),
    (Mistake::EndsOneTickLate, &["edges::protocol::only_what_is_alive_introspects_as_active"]),
    (Mistake::CascadeAlways, &["edges::reach_of_a_step::an_end_reaches_what_was_minted_where_its_family_cascades"]),
    (Mistake::CascadeNever, &["edges::reach_of_a_step::an_end_reaches_what_was_minted_where_its_family_cascades"]),
    (
        Mistake::LineageEndsAtTheReused,
        &["edges::protocol::a_refresh_token_that_rotates_is_good_once_and_its_reuse_ends_the_line"],
    ),
    (
        Mistake::TokenBesideLivesOn,
        &["edges::protocol::a_refresh_token_ends_with_all_tokens_of_its_grant_and_the_first_one_is_among_them"],
    ),
    (Mistake::RotationLeavesTheOld, &["edges::bystanders::who_gets_the_new_secret_in_time_is_no_collateral"]),
    (Mistake::RotationEndsInSilence, &["instants::what_ends_with_a_rotated_parent_is_no_survivor"]),
    (Mistake::RefillsMoveNothing, &["instants::a_cache_that_is_filled_during_the_grace_outlives_it"]),
    (Mistake::NobodyIsLetPast, &["instants::what_is_closed_is_closed_to_callers_without_a_name"]),
    (Mistake::FirstLimitDecides, &["instants::of_two_limits_the_one_that_never_readmits_decides"]),
    (Mistake::LimitsOnlyDelay, &["instants::a_limit_that_tells_nobody_to_come_again_refuses"]),
    (Mistake::RenewedForEver, &["instants::a_parent_that_was_rotated_takes_its_children_along_when_it_is_revoked"]),
    (Mistake::KeysDeclareNothing, &["instants::the_end_of_a_key_is_declared_and_reaches_each_service_in_its_own_way"]),
    (Mistake::KeysEndAtOnce, &["instants::the_end_of_a_key_is_declared_and_reaches_each_service_in_its_own_way"]),
    (Mistake::IdleWorkIsARow, &["instants::queued_work_that_finds_nothing_keeps_nothing_open"]),
    (Mistake::FinalChangesLapse, &["instants::what_is_final_already_can_be_undone_until_nothing"]),
    (Mistake::FalseAlarmsMustCoincide, &["instants::an_alarm_that_comes_at_another_time_is_a_false_one_all_the_same"]),
    (Mistake::RotationForgetsBinding, &["edges::the_successor_of_a_bound_secret_is_bound_too"]),
    (Mistake::RotatedTwice, &["mended::a_secret_is_rotated_once"]),
    (
        Mistake::EndedCredentialMints,
        &["edges::protocol::a_refresh_token_that_rotates_is_good_once_and_its_reuse_ends_the_line"],
    ),
    (Mistake::AnyTokenRefreshes, &["definitions::issuing::only_a_refresh_token_refreshes"]),
    (
        Mistake::ReuseNotNoticed,
        &["edges::protocol::a_refresh_token_that_rotates_is_good_once_and_its_reuse_ends_the_line"],
    ),
    (
        Mistake::RefreshTokenNotSpent,
        &["edges::protocol::a_refresh_token_that_rotates_is_good_once_and_its_reuse_ends_the_line"],
    ),
    (Mistake::MintedForWhoAsks, &["rights::a_credential_can_be_minted_for_somebody_else"]),
    (Mistake::RightsWidenOnExchange, &["edges::protocol::an_exchange_gives_no_more_than_was_there"]),
    (Mistake::ActorForgotten, &["attribution::the_chain_of_delegation_stands_in_the_log"]),
    (Mistake::EverythingIntrospectsActive, &["edges::protocol::only_what_is_alive_introspects_as_active"]),
    (Mistake::OwnerRuleIgnored, &["edges::reach_of_a_step::what_is_exposed_is_what_the_alarmed_one_was_shown"]),
    (Mistake::TenantRuleIgnored, &["edges::records::a_record_of_another_tenant_is_refused_by_its_id"]),
    (
        Mistake::RecordsOfCredentialIgnored,
        &["rights::a_credential_opens_its_records_with_what_lies_in_them_and_no_others"],
    ),
    (Mistake::ContentsOutliveTheirBox, &["sums::what_lies_in_a_record_goes_with_it"]),
    (Mistake::NextPageSkipsOne, &["sums::every_page_is_read_and_no_record_between_two"]),
    (Mistake::DeletedRecordsExist, &["mended::a_list_inside_a_deleted_record_is_not_found"]),
    (Mistake::HiddenRowsAreNoRefusal, &["mended::a_door_that_shows_nothing_is_shut_also_where_calls_cost"]),
    (Mistake::LimitAdmitsOneMore, &["edges::limits::who_has_used_nothing_is_let_through"]),
    (Mistake::LimitWindowStartsLate, &["edges::limits::a_window_begins_on_its_tick"]),
    (Mistake::LimitsCountTogether, &["edges::limits::who_has_used_nothing_is_let_through"]),
    (Mistake::ExhaustedLimitsReadmit, &["definitions::limits::a_limit_that_does_not_return_is_exhausted"]),
    (Mistake::CostIsNotCounted, &["sums::a_budget_counts_money"]),
    (Mistake::ThrottleArmsNothing, &["sums::a_throttle_counts_from_when_it_is_armed"]),
    (Mistake::ExhaustionUnnoticed, &["sums::a_budget_counts_money"]),
    (
        Mistake::QueuedWorkNotChecked,
        &["definitions::propagation::one_that_is_authorized_again_is_refused_when_it_would_happen"],
    ),
    (Mistake::QueuedWorkHappensAtOnce, &["edges::verdicts::a_run_that_contradicts_its_truth_never_passes"]),
    (Mistake::SecretsStayAsTheyWere, &["sums::a_record_shows_the_secret_of_now"]),
    (Mistake::QueuedWorkIsForgotten, &["definitions::propagation::a_queued_effect_is_contained_when_it_happens"]),
    (Mistake::FailedActionWorks, &["responses::what_always_fails_declares_nothing"]),
    (Mistake::UnsupportedActionWorks, &["responses::what_the_provider_cannot_do_declares_nothing"]),
    (Mistake::DisablingEndsNothing, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::HandOverIsLost, &["edges::bystanders::who_gets_the_new_secret_in_time_is_no_collateral"]),
    (Mistake::RuleStaysAsItWas, &["sums::a_stricter_rule_bites_at_its_instant"]),
    (Mistake::OneOfTwoIsEnough, &["approvals::fatigue::two_people_are_asked_apart"]),
    (Mistake::ApprovalTakesNoTime, &["approvals::a_no_takes_its_time_too"]),
    (Mistake::YesIsKept, &["approvals::fatigue::who_asks_again_is_let_through_in_the_end"]),
    (Mistake::NobodyWaitsForTwo, &["approvals::two_people_take_as_long_as_the_slower_one"]),
    (Mistake::ThresholdOffByOne, &["edges::alarms::an_alarm_is_known_after_its_delay"]),
    (Mistake::WindowOneTickLonger, &["detectors::the_same_message_again"]),
    (Mistake::AlarmsAreNeverQuiet, &["edges::alarms::callers_are_counted_apart"]),
    (Mistake::FanOutNeverForgets, &["edges::alarms::a_fan_out_that_takes_longer_than_its_window_is_none"]),
    (Mistake::DetectorSeesTheFuture, &["edges::alarms::an_alarm_is_known_after_its_delay"]),
    (Mistake::DetectorsCountTogether, &["edges::alarms::an_alarm_is_known_after_its_delay"]),
    (Mistake::CanaryOneTooFew, &["definitions::eyes::a_detector_sees_what_the_service_logs_and_no_more"]),
    (
        Mistake::LogTellsEverything,
        &["definitions::eyes::an_operation_may_log_less_than_its_service_and_nothing_at_all"],
    ),
    (Mistake::OverloadIsADenial, &["detectors::what_is_merely_slow_down_or_empty_is_no_refusal"]),
    (Mistake::RefusedDeletionsDestroy, &["edges::alarms::a_deletion_that_was_refused_destroys_nothing"]),
    (Mistake::HabitsAreNotLearnt, &["detectors::a_new_thing_that_somebody_else_has_done_is_no_news_by_everyone"]),
    (Mistake::ResponderWithoutPace, &["sums::actions_keep_their_pace_and_the_last_one_declares"]),
    (Mistake::OrderIsIgnored, &["responses::targets_come_in_the_order_that_the_step_says"]),
    (Mistake::ResponderIsTooFast, &["edges::alarms::the_runbook_answers_an_alarm_once_and_its_own_only"]),
    (Mistake::ResponderHearsEveryAlarm, &["edges::alarms::the_runbook_answers_an_alarm_once_and_its_own_only"]),
    (Mistake::RunbookStartsOver, &["edges::alarms::the_runbook_answers_an_alarm_once_and_its_own_only"]),
    (Mistake::ReadsOfOthersExpose, &["edges::reach_of_a_step::what_is_exposed_is_what_the_alarmed_one_was_shown"]),
    (Mistake::DescendantsAreNotFollowed, &["edges::reach_of_a_step::descendants_are_all_that_hang_below"]),
    (Mistake::EverythingLeavesOutItsOwn, &["edges::reach_of_a_step::everything_of_somebody_is_what_it_holds_too"]),
    (Mistake::SelectsOfAnybody, &["edges::reach_of_a_step::everything_of_the_principal_is_nobody_elses"]),
    (Mistake::FrontierReadsOnePage, &["sums::every_page_is_read_and_no_record_between_two"]),
    (Mistake::RetryAfterIgnored, &["sums::headers_carry_what_services_decide_by"]),
    (Mistake::GivesUpEarly, &["sums::headers_carry_what_services_decide_by"]),
    (Mistake::RefusalGoesUnheard, &["sums::who_stops_at_a_no_does_not_ask_again"]),
    (Mistake::SecretsOverlooked, &["sums::every_secret_of_an_answer_is_seen"]),
    (
        Mistake::CredentialsMixedUp,
        &["edges::reach_of_a_step::an_end_reaches_what_was_minted_where_its_family_cascades"],
    ),
    (Mistake::PeopleDoNotWait, &["sums::a_person_sends_at_a_persons_pace"]),
    (Mistake::RefusalsAreForgotten, &["sums::a_harvester_leaves_a_service_alone_that_refused_its_token"]),
    (Mistake::DefenceWaitsItsTurn, &["sums::a_harvester_leaves_a_service_alone_that_refused_its_token"]),
    (Mistake::AnswersAreLate, &["definitions::ends::an_attacker_out_of_work_is_not_contained"]),
    (Mistake::SettlesAtOnce, &["sums::a_budget_counts_money"]),
    (Mistake::SettlesBeforeAllStarted, &["mended::an_agent_that_starts_later_is_not_contained_before"]),
    (Mistake::HonestClientsAreTaken, &["sums::what_honest_clients_hold_is_not_the_closures"]),
    (Mistake::LatencyIsShared, &["edges::bystanders::somebody_beside_shifts_no_draw"]),
    (Mistake::CensusOfOneNetwork, &["mended::what_a_second_agent_opens_from_its_own_network_is_open"]),
    (
        Mistake::MintingIsNoDoor,
        &["definitions::issuing::a_living_refresh_token_survives_the_revocation_of_its_access_token"],
    ),
    (Mistake::CensusCountsTheTask, &["sums::the_task_is_no_excess_and_starts_no_clock"]),
    (
        Mistake::CensusForgetsFirstRecords,
        &[
            "sums::a_first_shelf_is_a_door_to_whoever_may_put_something_there",
            "sums::a_shelf_that_gives_way_is_no_door_any_more",
        ],
    ),
    (
        Mistake::CensusForgetsLastRecords,
        &[
            "sums::with_the_last_shelf_its_door_shuts_and_with_another_it_opens",
            "sums::a_first_shelf_of_somebody_elses_hides_the_rest_and_the_last_one_hides_nothing",
        ],
    ),
    (Mistake::AlarmsWaitForAnswers, &["live::an_alarm_while_everybody_waits_for_answers_is_heard_at_once"]),
    (Mistake::CensusForgetsBlocks, &["validation::every_mode_refuses_every_end_at_its_instant"]),
    (Mistake::LeftoverBehindClosedDoors, &["definitions::entitled::what_an_agent_may_do_is_no_leftover"]),
    (Mistake::LeftoverForgetsIds, &["mended::ids_that_were_listed_stay_known"]),
    (Mistake::LeftoverCountsTheTask, &["sums::the_task_is_no_excess_and_starts_no_clock"]),
    (Mistake::DeclaredBeforeTheAnswer, &["responses::what_is_left_over_is_looked_at_once_when_all_is_done"]),
    (Mistake::AnOlderSnapshotIsKept, &["responses::what_is_left_over_is_that_after_the_last_action"]),
    (Mistake::ShutDoorsSurvive, &["sums::what_expired_does_not_survive"]),
    (Mistake::EverySurvivorIsARoot, &["edges::reach_of_a_step::what_was_minted_from_a_survivor_is_no_root"]),
    (Mistake::IdsAreNeverGuessed, &["sums::ids_in_a_row_are_known_to_whoever_counts"]),
    (Mistake::SearchNeverLooksAgain, &["sums::a_search_learns_ids_from_a_list_that_comes_later"]),
    (Mistake::SearchFindsNoSecrets, &["sums::ids_in_a_row_are_known_to_whoever_counts"]),
    (Mistake::SearchMintsNothing, &["rights::a_credential_can_be_minted_for_somebody_else"]),
    (Mistake::ClockStartsWithTheRun, &["sums::the_cost_of_the_task_is_no_excess"]),
    (Mistake::TaskCountsAsExcess, &["sums::the_task_is_no_excess_and_starts_no_clock"]),
    (Mistake::EntitlementsCountAsExcess, &["definitions::entitled::what_an_agent_may_do_is_no_leftover"]),
    (Mistake::TaskCostsCountAsExcess, &["sums::the_cost_of_the_task_is_no_excess"]),
    (Mistake::HonestWorkIsReach, &["definitions::actors::the_owner_of_a_stolen_token_is_not_the_thief"]),
    (Mistake::WindowsNeverLapse, &["sums::what_lies_in_a_record_goes_with_it"]),
    (Mistake::OvershootFromTheStart, &["definitions::actors::the_owner_of_a_stolen_token_is_not_the_thief"]),
    (
        Mistake::QueuedEffectsArePrevented,
        &["definitions::propagation::what_is_accepted_and_will_happen_is_not_prevented"],
    ),
    (Mistake::QueuedEffectsCountAsDone, &["edges::verdicts::what_may_still_happen_is_not_within_a_limit"]),
    (Mistake::CollateralCountsOldRefusals, &["edges::bystanders::who_gets_the_new_secret_in_time_is_no_collateral"]),
    (Mistake::FactorFromTheStart, &["sums::the_task_is_no_excess_and_starts_no_clock"]),
    (Mistake::OpenDoorsAreContained, &["definitions::ends::an_attacker_out_of_work_is_not_contained"]),
    (Mistake::SparedIsNotCompared, &["sums::what_was_not_touched_in_time_is_spared"]),
    (Mistake::DepthCountsWhatIsGiven, &["sums::what_lies_in_a_record_is_found_and_used"]),
    (Mistake::FirstActionDeclares, &["definitions::rounds::each_round_leaves_a_trace_of_its_own"]),
    (Mistake::FailedActionDeclares, &["responses::what_always_fails_declares_nothing"]),
    (Mistake::FirstDoorCloses, &["definitions::issuing::both_revoked_shut_when_the_signature_expires"]),
    (Mistake::LooserRuleDeclares, &["edges::a_looser_rule_declares_nothing"]),
    (Mistake::FalseAlarmsDetect, &["detectors::a_false_alarm_is_told_apart"]),
    (Mistake::FreshIsWhatWasTouched, &["definitions::ends::an_attacker_out_of_work_is_not_contained"]),
    (Mistake::NeverIsInTime, &["edges::verdicts::a_door_that_never_shut_is_within_no_limit_of_time"]),
    (Mistake::BoundsAreCertain, &["edges::verdicts::what_may_still_happen_is_not_within_a_limit"]),
    (Mistake::NothingNeedsToBite, &["definitions::control::what_does_not_bite_shows_nothing"]),
    (Mistake::TruthIsNotCompared, &["edges::verdicts::a_run_that_contradicts_its_truth_never_passes"]),
    (Mistake::LimitsHoldBelow, &["edges::verdicts::what_may_still_happen_is_not_within_a_limit"]),
    (Mistake::DigestLeavesOutTheEnd, &["edges::a_digest_is_about_every_event_and_the_last_one_too"]),
    (Mistake::RunsLeaveTraces, &["recycled::a_run_that_was_stopped_on_its_way_leaves_nothing"]),
    (Mistake::StatusIsNotWritten, &["sums::a_journal_reads_back_as_it_was_written"]),
    (Mistake::RetryAfterDropped, &["sums::headers_carry_what_services_decide_by"]),
    (Mistake::NetworkDropped, &["sums::headers_carry_what_services_decide_by"]),
    (Mistake::CursorDropped, &["sums::headers_carry_what_services_decide_by"]),
    (Mistake::ConversationDropped, &["messages::messages_and_failures_are_the_same_over_http"]),
    (Mistake::InsideAddressPinned, &["guard::names_are_looked_up_once_and_never_lead_inside"]),
    (Mistake::UnlistedWriteSent, &["guard::only_listed_writes_are_sent"]),
    (Mistake::TokenRequestIsARead, &["guard::only_listed_writes_are_sent"]),
    (Mistake::HeadOfAWriteIsARead, &["guard::only_listed_writes_are_sent"]),
    (Mistake::DisguiseSent, &["guard::nothing_escapes"]),
    (Mistake::CapAdmitsOneMore, &["guard::caps_are_exact_at_any_concurrency"]),
    (Mistake::SwitchLeavesWhatIsUnderWay, &["guard::the_switch_stops_all_sending"]),
    (Mistake::ControlIgnored, &["drills::refusals_beside_a_refused_control_are_unknown"]),
    (Mistake::FailedStepDeclares, &["drills::a_failed_step_declares_nothing"]),
    (Mistake::SilenceSettles, &["silence::what_falls_silent_was_not_refused_for_long_enough"]),
    (Mistake::SilenceIssuesNothing, &["silence::nobody_knows_what_would_be_issued_by_who_does_not_answer"]),
    (Mistake::FailedStepsPass, &["runbook::a_runbook_that_fails_in_part_is_no_pass"]),
    (Mistake::PreventedIsLate, &["prevented::what_never_was_needed_is_within_every_limit"]),
    (Mistake::OneIsAll, &["prevented::agents_are_out_of_work_when_all_of_them_are"]),
    (Mistake::VariantsWorkIsHarm, &["prevented::other_honest_work_is_no_harm"]),
    (
        Mistake::MadeUpIsExchanged,
        &["clients::an_oauth_library_fetches_checks_renews_exchanges_introspects_and_revokes_tokens"],
    ),
    (Mistake::CollateralPasses, &["runbook::honest_work_must_go_on"]),
    (Mistake::OldAlarmsCount, &["runbook::an_alarm_of_before_tells_nothing"]),
    (Mistake::OpenDoorProves, &["drills::a_probe_that_anybody_passes_proves_nothing"]),
    (Mistake::RankedFromTheWorst, &["fixes::the_change_as_printed_comes_to_what_was_told"]),
    (Mistake::AfterTheFactContains, &["fixes::what_stops_it_after_the_fact_does_not_contain"]),
    (Mistake::AnswersContain, &["fixes::what_needs_an_answer_says_so"]),
    (Mistake::DelaysHelp, &["fixes::a_change_that_only_delays_says_so"]),
    (Mistake::QueuedHarmIsNoHarm, &["fixes::harm_that_is_only_queued_is_harm"]),
    (Mistake::HonestWorkIsNotHit, &["fixes::honest_work_that_a_change_stops_is_counted"]),
    (Mistake::IntervalIsAPoint, &["fixes::over_seeds_the_range_and_the_interval_stand_beside_it"]),
    (Mistake::PairsAreNotTried, &["fixes::pairs_are_tried_where_no_single_change_is_enough"]),
    (Mistake::ChokeOfOneWay, &["reach_graph::the_shortest_way_to_moltbooks_conversations_goes_through_the_page"]),
    (Mistake::TimesOfARunAddUp, &["reach_graph::the_quickest_way_of_a_run_is_as_quick_as_the_run"]),
    (Mistake::CutTriesOneGrant, &["reach_graph::the_fewest_grants_are_those_of_an_exhaustive_search"]),
    (Mistake::TaskIsCutToo, &["reach_graph::one_grant_is_enough_where_one_key_opens_everything"]),
    (Mistake::InstructionsLeadNowhere, &["reach_graph::a_hop_without_a_credential_is_an_edge_as_well"]),
    (Mistake::SuppressionsNeverExpire, &["gate::a_suppression_holds_until_its_day_and_then_shuts_the_gate"]),
    (Mistake::WorseIsBetter, &["gate::a_run_that_got_worse_within_its_limits_can_be_stopped_too"]),
    (Mistake::IntervalsAreNotAsked, &["gate::intervals_that_meet_close_no_gate"]),
    (Mistake::SmallerWholesAreWorse, &["gate::a_share_of_less_closes_no_gate"]),
    (Mistake::ExpectedFailureIsRed, &["gate::near_misses_fail_as_expected_and_the_gate_stays_open"]),
    (Mistake::CauseWithoutItsLine, &["gate::the_line_that_made_it_possible_comes_first"]),
    (Mistake::WorseIsLetThrough, &["gate::a_run_that_got_worse_within_its_limits_can_be_stopped_too"]),
    (Mistake::WeakerIsLetThrough, &["gate::asking_for_less_is_red_until_it_is_accepted"]),
    (Mistake::SilenceIsGreen, &["gate::nothing_expected_is_no_green_light"]),
    (Mistake::InventoryIsCovered, &["gate::an_inventory_shows_what_no_scenario_exercises"]),
    (Mistake::WorthlessProbesCount, &["drills::a_probe_that_anybody_passes_proves_nothing"]),
    (Mistake::GapsKeepPromises, &["target_faults::a_gap_that_is_longer_than_the_promise_keeps_no_promise"]),
    (Mistake::SlowRefusalsAreSooner, &["target_faults::an_answer_that_takes_its_time_widens_the_interval"]),
    (Mistake::RotatedTokensAreDropped, &["rotating::what_took_the_place_of_a_refresh_token_is_tried_at_the_end"]),
    (
        Mistake::PartsOfLinesStay,
        &["target_faults::a_disk_that_is_full_on_our_side_ends_a_drill_and_everything_is_put_back"],
    ),
    (Mistake::SilenceIsARefusal, &["target_faults::a_containment_that_was_never_answered_may_have_happened"]),
    (
        Mistake::FullDiskLeavesWrites,
        &["target_faults::a_disk_that_is_full_on_our_side_ends_an_exploration_and_everything_is_undone"],
    ),
    (Mistake::AnybodyRaisesAlarms, &["webhook::who_does_not_know_the_secret_raises_no_alarm"]),
    (Mistake::AnyRequestIsTheAlarm, &["webhook::the_first_call_that_matches_is_the_alarm"]),
    (Mistake::AnyIssuerIsBelieved, &["discovery::metadata_that_cannot_be_believed_ends_it_before_anything_is_sent"]),
    (Mistake::DiscoveryStandsOverTheFile, &["discovery::what_is_written_stands_over_what_is_discovered"]),
    (Mistake::UndoIsWrittenLater, &["writes::everything_that_was_written_is_undone_at_the_end"]),
    (Mistake::EveryFoundSecretIsTried, &["explore::found_secrets_are_tried_as_the_file_allows"]),
    (Mistake::TrafficIsShownAsItIs, &["learnt::what_a_recording_shows_is_shown_and_its_reads_are_explored"]),
    (Mistake::ChecksAreNotHeld, &["explore::a_run_widens_only_while_the_checks_hold"]),
    (Mistake::MadeUpIsMalformed, &["passwords::a_user_is_deleted_and_made_again_where_answers_are_remembered"]),
    (Mistake::LookingUpDeclares, &["passwords::a_step_that_only_reads_declares_nothing"]),
    (Mistake::PutBackIsLookedAtOnce, &["passwords::a_user_is_deleted_and_made_again_where_answers_are_remembered"]),
    (Mistake::PairsLoseTheirUser, &["passwords::a_found_pair_opens_what_its_user_may_whatever_it_is_refused"]),
    (Mistake::AnyUnauthorizedIsTheEnd, &["passwords::a_found_pair_opens_what_its_user_may_whatever_it_is_refused"]),
    (Mistake::ConnectionsAreShared, &["connections::one_credential_uses_a_connection_again_and_no_other_does"]),
    (Mistake::ConnectionsAreKeptForEver, &["connections::one_credential_uses_a_connection_again_and_no_other_does"]),
    (Mistake::MintedTokensAreWritten, &["minted::a_token_is_renewed_when_half_of_its_life_is_over"]),
    (Mistake::RefusedClientsAskAgain, &["minted::a_client_that_gets_no_token_is_told_and_not_asked_again"]),
    (Mistake::AnswersAreKept, &["footprint::an_exploration_forgets_what_it_was_answered"]),
    (Mistake::ExplorersGiveUp, &["explore::records_that_are_refused_one_after_the_other_hide_none_behind_them"]),
    (Mistake::LateWritesAreLost, &["writes::a_write_that_arrives_late_is_undone_all_the_same"]),
];

/// Runs tests with a mistake planted. Says what is wrong, unless one of them fails.
fn uncaught(mistake: Mistake, tests: &[&str]) -> Option<String> {
    let program = std::env::current_exe().expect("the program that runs this");
    let mut command = Command::new(program);
    command.args(tests).args(["--exact", "--test-threads=1", "--quiet"]).env("RUNAWAY_PLANTED", mistake.name());
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let ran = said.contains(&format!("running {} test", tests.len()));
    match output.status.code() {
        _ if !ran => Some(format!("{}: some of {tests:?} are no tests:\n{said}", mistake.name())),
        Some(0) => Some(format!("{}: {tests:?} pass all the same", mistake.name())),
        Some(FAILED) => None,
        other => Some(format!("{}: {tests:?} end with {other:?}", mistake.name())),
    }
}

/// How the test harness says that a test failed.
const FAILED: i32 = 101;

#[test]
fn every_planted_mistake_is_caught() {
    let mut found: Vec<String> =
        CAUGHT_BY.par_iter().filter_map(|(mistake, tests)| uncaught(*mistake, tests)).collect();
    found.sort();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_tests_of_every_mistake_are_named() {
    let named: Vec<Mistake> = CAUGHT_BY.iter().map(|(mistake, _)| *mistake).collect();
    assert_eq!(named, Mistake::ALL, "in the order of src/planted.rs");
    assert!(CAUGHT_BY.iter().all(|(_, tests)| !tests.is_empty()));
    let documentation = include_str!("../../docs/testing.md");
    assert!(documentation.contains(&format!("lists {} single mistakes", Mistake::ALL.len())));
}

#[test]
fn every_mistake_is_planted_somewhere() {
    let sources = crate::tidy::sources();
    for mistake in Mistake::ALL {
        let planted = format!("Mistake::{mistake:?}");
        let is_there = |(name, text): &(String, String)| {
            name != "src/planted.rs"
                && text
                    .match_indices(&planted)
                    .any(|(at, _)| !text[at + planted.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
        };
        assert_eq!(sources.iter().filter(|source| is_there(source)).count(), 1, "{planted}");
    }
}
