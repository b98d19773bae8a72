using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Run;

/// <summary>What the coordinator needs to know of a run; made once, before anything starts.</summary>
public sealed record RunPlan
{
    /// <summary>The job.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>Its fingerprint.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Steps of a whole epoch.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Steps of the run.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Examples of the dev part; 0: none.</summary>
    public required int DevExamples { get; init; }

    /// <summary>Examples of the test part; 0: none.</summary>
    public required int TestExamples { get; init; }

    /// <summary>What the model is judged by.</summary>
    public required MeasureSet Measures { get; init; }

    /// <summary>The tables with their rules.</summary>
    public required IReadOnlyList<TablePlan> Tables { get; init; }

    /// <summary>The phases, without the changes that were made since: those of <see cref="Job"/> on the run's steps.</summary>
    public FreezePlan Freeze => field ??= FreezePlan.Resolve(Job, StepsPerEpoch, TotalSteps);

    /// <summary>The checkpoint that the run goes on from; null for a new run.</summary>
    public CheckpointManifest? ResumeFrom { get; init; }

    /// <summary>Changes of the plan that were made in an earlier process, those of the checkpoint or more: each is made again at its step.</summary>
    public IReadOnlyList<PlanChange> Changes { get; init; } = [];

    /// <summary>The epoch of a step, from 1.</summary>
    public int EpochOf(int step) => Math.Max(0, step - 1) / StepsPerEpoch + 1;

    /// <summary>Steps between two evaluations; null: no evaluation while training.</summary>
    public int? EvaluateEvery => DevExamples == 0 ? null : Job.Evaluation.EverySteps ?? (Job.Evaluation.EveryEpochs ?? 1) * StepsPerEpoch;
}
