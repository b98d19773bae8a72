using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>Everything that the report of a run shows. The page is a function of it.</summary>
public sealed record ReportedRun
{
    /// <summary>Name of the job.</summary>
    public required string Name { get; init; }

    /// <summary>The job as its run directory has it, JSON.</summary>
    public required string JobJson { get; init; }

    /// <summary>Fingerprint of the job.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Version of the program that writes the report.</summary>
    public required string Version { get; init; }

    /// <summary>The result; null: the run is under way, or ended without one.</summary>
    public RunResult? Result { get; init; }

    /// <summary>The stages that have begun, in order; of a job without stages the one that it is.</summary>
    public required IReadOnlyList<ReportedStage> Stages { get; init; }

    /// <summary>Names of stages that have not begun.</summary>
    public IReadOnlyList<string> NotBegun { get; init; } = [];
}

/// <summary>What the report of a run shows of a stage.</summary>
public sealed record ReportedStage
{
    /// <summary>Name of the stage.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>Fingerprint of its job.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Fingerprint of its data.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>Its phases, with the changes that were made while it trained.</summary>
    public required FreezePlan Freeze { get; init; }

    /// <summary>Which row selectors of the job meet which rows; null where it has none.</summary>
    public RowClasses? Classes { get; init; }

    /// <summary>Steps of an epoch.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Words of the vocabulary, padding and unknown not counted.</summary>
    public required int Words { get; init; }

    /// <summary>Numbers a word vector.</summary>
    public required int Dimension { get; init; }

    /// <summary>Number of labels; 0: text without labels.</summary>
    public required int Labels { get; init; }

    /// <summary>Its result; null: it is under way, or ended without one.</summary>
    public RunResult? Result { get; init; }

    /// <summary>The lines of metrics.jsonl.</summary>
    public IReadOnlyList<MetricsRecord> Metrics { get; init; } = [];

    /// <summary>The lines of changes.jsonl.</summary>
    public IReadOnlyList<ChangeRecord> Changes { get; init; } = [];

    /// <summary>The changes of the plan that count, in the order in which they were made.</summary>
    public IReadOnlyList<PlanChange> Made { get; init; } = [];

    /// <summary>Manifests of the checkpoints that are there, by step.</summary>
    public IReadOnlyList<CheckpointManifest> Checkpoints { get; init; } = [];

    /// <summary>What its weights show; null where <see cref="NoAnalysis"/> says why not.</summary>
    public StageAnalysis? Analysis { get; init; }

    /// <summary>What the confusions of <see cref="Analysis"/> come to; null: there are none.</summary>
    public ReportedScores? Scores { get; init; }

    /// <summary>Why there is no analysis.</summary>
    public string? NoAnalysis { get; init; }

    /// <summary>How far words of each table that had vectors are from their start; none: not measured, or there is none.</summary>
    public IReadOnlyList<ReportedDrift> Drift { get; init; } = [];

    /// <summary>What probes measured at the start and at each checkpoint; none: the job has none.</summary>
    public IReadOnlyList<ReportedProbe> Probes { get; init; } = [];

    /// <summary>Nearest words before and after; none: not compared.</summary>
    public IReadOnlyList<ReportedNeighbors> Neighbors { get; init; } = [];

    /// <summary>How near the words that the job names were to each other before tuning and after.</summary>
    public IReadOnlyList<ReportedPair> Pairs { get; init; } = [];

    /// <summary>The last step that is known to be done; 0: none.</summary>
    public int LastStep => Result?.Steps ?? (Metrics.Count > 0 ? Metrics[^1].Step : 0);
}

/// <summary>What a classifier does on the test part, as fractions.</summary>
/// <param name="Accuracy">Accuracy.</param>
/// <param name="MacroF1">Mean of the labels' F1.</param>
/// <param name="WeightedF1">Mean of the labels' F1, each counted by its examples.</param>
public sealed record ReportedScores(ReportedScore Accuracy, ReportedScore MacroF1, double WeightedF1);

/// <summary>A measure with its 95 % interval over examples.</summary>
/// <param name="Value">The measure.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
public sealed record ReportedScore(double Value, double Low, double High);
