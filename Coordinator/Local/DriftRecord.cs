using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>A line of drift.jsonl: how far tuned vectors are from the pretrained ones, as of a checkpoint. A function of the checkpoint alone, for any number of shards.</summary>
/// <param name="Step">The checkpoint's step.</param>
/// <param name="Epoch">The epoch of that step, from 0.</param>
/// <param name="Tables">The tables that started with pretrained vectors and may change.</param>
public sealed record DriftRecord(int Step, int Epoch, IReadOnlyList<DriftReport> Tables) : IStepRecord
{
    /// <summary>Words that a line names as most moved.</summary>
    public const int WordsNamed = 20;

    /// <summary>
    /// Checkpoints before this one that were not measured, since they came faster than large tables can be read (see <see cref="CheckpointWatch{T}"/>). Null: none.
    /// </summary>
    public int? PassedOver { get; init; }

    /// <summary>Measures a checkpoint.</summary>
    /// <exception cref="Protocol.Checkpoints.CheckpointDamagedException">A file is damaged.</exception>
    public static DriftRecord Of(StageRows stage, CheckpointRows checkpoint)
    {
        var plans = stage.Plans(checkpoint.Manifest.Resume.Changes);
        return new DriftRecord(checkpoint.Manifest.Step, checkpoint.Manifest.Epoch,
            [.. stage.Drifting.Select(first => stage.Measure(first, visitor => checkpoint.Scan(first, plans, visitor)).Report(first.Table.Name, WordsNamed))]);
    }

    /// <summary>The same in short, for the status.</summary>
    public IReadOnlyList<DriftStatus> Statuses() =>
    [
        .. Tables.Select(table => (table.Table, All: table.Whole(), table.MostMoved)).Select(t => new DriftStatus(
            t.Table, Step, t.All.Rows, t.All.Moved, t.All.Cosine.Mean, t.All.Distance.Mean, t.All.NormGrowth.Mean, [.. t.MostMoved.Take(5).Select(w => w.Word)])),
    ];
}
