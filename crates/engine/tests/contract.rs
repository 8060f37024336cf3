//! One contract for every engine: the fake, Podman and Docker. An engine that is not installed is skipped, and the
//! reason printed.

#[path = "contract/bench.rs"]
mod bench;
#[path = "contract/builds.rs"]
mod builds;
#[path = "contract/containers.rs"]
mod containers;
#[path = "contract/dockerd.rs"]
mod dockerd;
#[path = "contract/images.rs"]
mod images;
#[path = "contract/networks.rs"]
mod networks;
#[path = "contract/programs.rs"]
mod programs;
#[path = "contract/registry.rs"]
mod registry;
#[path = "contract/sessions.rs"]
mod sessions;

use bench::Bench;

/// Runs every case on every engine. Cases are separate tests, engines are separate modules, so that a failure names
/// both.
macro_rules! contract {
    ($($group:ident::$case:ident),+ $(,)?) => {
        mod fake_engine {
            $(#[tokio::test]
            async fn $case() {
                super::$group::$case(&super::Bench::fake().await).await;
            })+
        }
        mod real_engines {
            /// One service serves all cases: starting it is most of the time they take.
            #[tokio::test(flavor = "multi_thread")]
            async fn podman_keeps_the_contract() {
                let Some(bench) = super::Bench::podman().await else { return };
                $(super::bench::case("podman", stringify!($case), super::$group::$case(&bench)).await;)+
                bench.finish();
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn docker_keeps_the_contract() {
                let Some(bench) = super::Bench::docker().await else { return };
                $(super::bench::case("docker", stringify!($case), super::$group::$case(&bench)).await;)+
                bench.finish();
            }
        }
    };
}

contract! {
    containers::the_engine_says_what_it_is,
    containers::a_container_goes_through_its_life,
    containers::a_name_is_taken_once,
    containers::an_image_that_is_not_there_is_not_found,
    containers::what_does_not_exist_is_not_found,
    containers::a_command_that_cannot_be_executed_is_refused,
    containers::the_exit_code_is_seen_by_wait_and_inspect,
    containers::a_container_can_be_looked_at_while_it_ends,
    containers::a_container_that_ignores_the_signal_is_killed,
    containers::a_container_that_obeys_the_signal_ends_by_itself,
    containers::a_running_container_is_removed_only_by_force,
    containers::a_container_that_is_being_stopped_can_be_removed,
    containers::containers_are_listed_by_label,
    containers::output_is_split_by_stream_and_stamped,
    containers::a_followed_log_ends_with_the_container,
    containers::a_tail_is_the_last_lines,
    containers::environment_directory_and_user_are_set,
    containers::an_entrypoint_replaces_the_images_command,
    containers::files_are_mounted_read_only_or_writable,
    containers::events_tell_of_start_and_end,
    sessions::an_exec_gives_output_by_stream_and_an_exit_code,
    sessions::closing_the_input_ends_a_reading_command,
    sessions::a_terminal_can_be_resized_even_after_the_end,
    sessions::an_ended_container_takes_no_commands,
    sessions::an_attached_client_sees_what_is_printed,
    images::an_image_can_be_named_and_unnamed,
    images::the_configuration_of_an_image_is_seen,
    images::a_pushed_image_comes_back_by_digest,
    images::a_missing_manifest_is_not_found,
    images::a_registry_that_is_away_is_named,
    images::a_bad_name_is_refused,
    builds::a_build_gives_its_log_and_an_image,
    builds::arguments_and_labels_arrive,
    builds::a_failing_step_is_refused_after_its_output,
    builds::a_missing_dockerfile_is_refused,
    builds::an_archive_becomes_an_image_with_a_configuration,
    networks::a_network_is_made_once_and_found_by_label,
    networks::containers_on_a_network_have_addresses_and_keep_it_alive,
    networks::a_container_can_share_the_network_of_another,
}
