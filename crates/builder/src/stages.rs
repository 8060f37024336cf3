use jiff::Timestamp;
use weir_api::build::{StageInfo, StepInfo};
use weir_api::meta::Time;

/// A step of a build as `status.stages` names it, with the stage it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    FetchGitSource,
    PullBaseImage,
    DockerBuild,
    RunPostCommitHook,
    /// Of a source build.
    PushImage,
    /// Of a Dockerfile build.
    PushDockerImage,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::FetchGitSource => "FetchGitSource",
            Self::PullBaseImage => "PullBaseImage",
            Self::DockerBuild => "DockerBuild",
            Self::RunPostCommitHook => "RunPostCommitHook",
            Self::PushImage => "PushImage",
            Self::PushDockerImage => "PushDockerImage",
        }
    }

    fn stage(self) -> &'static str {
        match self {
            Self::FetchGitSource => "FetchInputs",
            Self::PullBaseImage => "PullImages",
            Self::DockerBuild => "Build",
            Self::RunPostCommitHook => "PostCommit",
            Self::PushImage | Self::PushDockerImage => "PushImage",
        }
    }
}

/// Where the time of a build went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages(Vec<StageInfo>);

impl Stages {
    /// Adds a step; its time is added to that of its stage.
    pub fn record(&mut self, step: Step, start: Timestamp, end: Timestamp) {
        let milliseconds = end.as_millisecond().saturating_sub(start.as_millisecond()).max(0);
        let index = self
            .0
            .iter()
            .position(|stage| stage.name == step.stage())
            .unwrap_or_else(|| {
                let name = step.stage().to_owned();
                self.0.push(StageInfo {
                    name,
                    start_time: Some(Time(start)),
                    ..StageInfo::default()
                });
                self.0.len() - 1
            });
        let stage = &mut self.0[index];
        stage.duration_milliseconds += milliseconds;
        stage.steps.push(StepInfo {
            name: step.name().to_owned(),
            start_time: Some(Time(start)),
            duration_milliseconds: milliseconds,
        });
    }

    pub fn as_slice(&self) -> &[StageInfo] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn steps_of_one_stage_add_up() {
        let mut stages = Stages::default();
        stages.record(Step::FetchGitSource, at(0), at(1_500));
        stages.record(Step::PullBaseImage, at(1_500), at(2_000));
        stages.record(Step::PullBaseImage, at(2_000), at(2_250));
        let names: Vec<_> = stages.as_slice().iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names, ["FetchInputs", "PullImages"]);
        assert_eq!(stages.as_slice()[1].duration_milliseconds, 750);
        assert_eq!(stages.as_slice()[1].steps.len(), 2);
        assert_eq!(stages.as_slice()[1].start_time, Some(Time(at(1_500))));
    }

    #[test]
    fn a_clock_that_goes_back_counts_as_no_time() {
        let mut stages = Stages::default();
        stages.record(Step::DockerBuild, at(5_000), at(4_000));
        assert_eq!(stages.as_slice()[0].duration_milliseconds, 0);
    }
}
