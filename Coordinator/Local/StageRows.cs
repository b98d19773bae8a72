using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>What decides how the rows of a stage start and are read: enough to compare them with their start.</summary>
/// <param name="Job">The job.</param>
/// <param name="Tables">The model's tables.</param>
/// <param name="Facts">What the stage found in its data.</param>
/// <param name="Vocabulary">The words.</param>
/// <param name="Vectors">The vectors that it starts from; null: none.</param>
/// <param name="Classes">Which row selectors of the job meet which rows; null where it has none.</param>
public sealed record StageRows(JobSpec Job, IReadOnlyList<TableSpec> Tables, StageFacts Facts, WordVocabulary Vocabulary, LoadedVectors? Vectors, RowClasses? Classes)
{
    /// <summary>Those of a prepared stage.</summary>
    public static StageRows Of(PreparedStage stage) => new(stage.Job, stage.Tables, stage.Facts, stage.Data.Vocabulary, stage.Vectors, stage.Classes);

    /// <summary>The tables that started with pretrained vectors and that the model may change.</summary>
    public IReadOnlyList<FirstRows> Drifting => Vectors is null ? [] : [.. Tables.Where(t => t.Dimension == Vectors.Dimension && !t.Dense).Select(t => First(t.Name)).Where(f => f.Drifts)];

    /// <summary>Tables that started with pretrained vectors and that the model never changes, such as multichannel's static copy: they have no drift.</summary>
    public IReadOnlyList<string> NeverChanged =>
        [.. PreparedStage.SeedsOf(Tables, Vectors).Select(s => Tables[s.Table]).Where(t => t.AlwaysFrozen).Select(t => t.Name)];

    /// <summary>Hands every word's first vector to a visitor: the sum of its rows where the model has it so.</summary>
    public WordRowScan ScanStart() => SummedRows.Of(Vocabulary.Rows, Facts.Dimension, [.. Job.Model.VectorTables.Select(table => (WordRowScan)First(table).Scan)]);

    /// <summary>Hands every word's vector in a checkpoint to a visitor, likewise.</summary>
    public WordRowScan Scan(CheckpointRows checkpoint)
    {
        IReadOnlyList<TablePlan> plans = Plans(checkpoint.Manifest.Resume.Changes);
        return SummedRows.Of(Vocabulary.Rows, Facts.Dimension,
            [.. Job.Model.VectorTables.Select(table => (WordRowScan)(visitor => checkpoint.Scan(First(table), plans, visitor)))]);
    }

    /// <summary>How a table's rows started.</summary>
    public FirstRows First(string table) => new(Tables, table, Vectors, Job.Seed);

    /// <summary>The rules of the tables with changes that were made while the stage trained. Each call makes its own.</summary>
    public IReadOnlyList<TablePlan> Plans(IReadOnlyList<PlanChange> changes)
    {
        IReadOnlyList<TablePlan> plans = TablePlan.Of(Job, Tables, FreezePlan.Resolve(Job, Facts.StepsPerEpoch, Facts.TotalSteps), Classes);
        foreach (PlanChange change in changes)
            TablePlan.Make(plans, change);
        return plans;
    }

    /// <summary>Measures a table that drifts.</summary>
    /// <param name="first">The table.</param>
    /// <param name="now">Its rows as they are.</param>
    public DriftMeasure Measure(FirstRows first, WordRowScan now) => DriftMeasure.Of(Vocabulary, first.Table.Dimension, first.Read, first.HasVector, now, Selected());

    private (string Name, Func<int, bool> Contains)[] Selected() =>
        Classes is null ? [] : [.. RowSelectors.Of(Job).Select((selector, i) => ($"rows {selector}", (Func<int, bool>)(row => Classes.Meets(Classes.Of(row), i))))];
}
