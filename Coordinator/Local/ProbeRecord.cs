using System.Globalization;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Local;

/// <summary>A line of probes.jsonl: what the job's probes measure of a checkpoint. A function of the checkpoint alone, for any number of shards.</summary>
/// <param name="Step">The checkpoint's step; 0: how the stage started.</param>
/// <param name="Epoch">The epoch of that step, from 0.</param>
/// <param name="Probes">The probes, in the order of the job.</param>
public sealed record ProbeRecord(int Step, int Epoch, IReadOnlyList<ProbeResult> Probes) : IStepRecord
{
    /// <summary>Checkpoints before this one that were not measured, see <see cref="CheckpointWatch{T}"/>. Null: none.</summary>
    public int? PassedOver { get; init; }

    /// <summary>Measures a checkpoint.</summary>
    /// <exception cref="CheckpointDamagedException">A file is damaged.</exception>
    public static ProbeRecord Of(StageRows stage, IReadOnlyList<Probe> probes, CheckpointRows checkpoint) =>
        new(checkpoint.Manifest.Step, checkpoint.Manifest.Epoch, Measure(stage, probes, stage.Scan(checkpoint)));

    /// <summary>Measures how a stage starts.</summary>
    public static ProbeRecord OfStart(StageRows stage, IReadOnlyList<Probe> probes) => new(0, 0, Measure(stage, probes, stage.ScanStart()));

    /// <summary>The line as text, such as <c>step 400: WS-353 0.532 (353 of 353)</c>.</summary>
    public string Text() => string.Create(CultureInfo.InvariantCulture, $"step {Step}: {string.Join(", ", Probes.Select(probe => probe.Text()))}");

    private static IReadOnlyList<ProbeResult> Measure(StageRows stage, IReadOnlyList<Probe> probes, WordRowScan now)
    {
        var words = WordDirections.Of(stage.Vocabulary, stage.Facts.Dimension, probes.Max(probe => probe.Spec.Restrict), now);
        return [.. probes.Select(probe => probe.Measure(words))];
    }
}

/// <summary>What a probe measures of word vectors: correlations of pairs, or the accuracy on analogies.</summary>
/// <param name="Name">See <see cref="Probe.Name"/>.</param>
/// <param name="Size">Pairs or questions of its set.</param>
/// <param name="Covered">Those whose words all have a vector.</param>
public sealed record ProbeResult(string Name, int Size, int Covered)
{
    /// <summary>Spearman's correlation of cosines with people's scores; null: analogies, or there is none.</summary>
    public double? Spearman { get; init; }

    /// <summary>Pearson's correlation; null: analogies, or there is none.</summary>
    public double? Pearson { get; init; }

    /// <summary>Questions that were answered rightly; null: pairs.</summary>
    public int? Correct { get; init; }

    /// <summary>Share of questions that were answered rightly, see <see cref="AnalogyScore"/>; null: pairs, or no question counts.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Analogies by section; null: pairs.</summary>
    public IReadOnlyList<AnalogyScore>? Sections { get; init; }

    /// <summary>Whether it is of analogies.</summary>
    internal bool OfAnalogies => Correct is not null;

    /// <summary>Name, number and coverage.</summary>
    internal string Text()
    {
        string number = OfAnalogies
            ? Accuracy is { } accuracy ? string.Create(CultureInfo.InvariantCulture, $"{100 * accuracy:F1} %") : "-"
            : Spearman is { } spearman ? string.Create(CultureInfo.InvariantCulture, $"{spearman:F3}") : "-";
        return string.Create(CultureInfo.InvariantCulture, $"{Name} {number} ({Covered:N0} of {Size:N0})");
    }
}
