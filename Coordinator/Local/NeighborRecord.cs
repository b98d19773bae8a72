using System.Text.Json;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Where the words of a <see cref="NeighborRecord"/> come from.</summary>
public enum ProbeChoice
{
    /// <summary>The user named them, on the command line or in <c>report.neighbors</c>.</summary>
    Named,

    /// <summary>They are those whose vectors turned most, see <see cref="DriftMeasure.MostTurned"/>.</summary>
    MostTurned,
}

/// <summary>Nearest words before tuning and after: <c>neighbors.json</c>, Kim's table 3 for the job's own words.</summary>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Step">The step whose weights are compared with the start.</param>
/// <param name="Chosen">Where the words come from.</param>
/// <param name="Missing">Words that were named and are not in the vocabulary.</param>
/// <param name="Shifts">The words.</param>
public sealed record NeighborRecord(string Stage, int Step, ProbeChoice Chosen, IReadOnlyList<string> Missing, NeighborShifts Shifts)
{
    /// <summary>Neighbours a word, where nobody says.</summary>
    public const int DefaultCount = 5;

    /// <summary>Words that are chosen where nobody names any.</summary>
    public const int DefaultWords = 8;

    /// <summary>They are chosen among so many of the most frequent words: what hardly occurs is turned far by a few examples, and shows little.</summary>
    public const int FrequentWords = 1000;

    /// <summary>Compares a checkpoint with the start of its stage; null: no words are named, and there are none to choose.</summary>
    /// <param name="name">Name of the stage.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="CheckpointDamagedException">A file of the checkpoint is damaged.</exception>
    public static NeighborRecord? Of(string name, StageRows stage, CheckpointRows checkpoint)
    {
        FirstRows first = stage.First("embedding");
        IReadOnlyList<TablePlan> plans = stage.Plans(checkpoint.Manifest.Resume.Changes);
        WordRowScan now = visitor => checkpoint.Scan(first, plans, visitor);
        IReadOnlyList<string> named = stage.Job.Report.Neighbors;
        if (named.Count == 0 && !(stage.Job.Report.Drift && first.Drifts))
            return null;
        IReadOnlyList<int> rows = named.Count == 0
            ? stage.Measure(first, now).MostTurned(DefaultWords, FrequentWords)
            : [.. named.Select(word => (Known: stage.Vocabulary.TryRowOf(word, out int row), Row: row)).Where(w => w.Known).Select(w => w.Row)];
        if (named.Count == 0 && rows.Count == 0)
            return null;
        return new NeighborRecord(name, checkpoint.Manifest.Step, named.Count == 0 ? ProbeChoice.MostTurned : ProbeChoice.Named,
            [.. named.Where(word => !stage.Vocabulary.TryRowOf(word, out _))],
            NeighborShifts.Of(stage.Vocabulary, first.Table.Dimension, stage.ScanStart(), stage.Scan(checkpoint), rows, DefaultCount));
    }

    /// <summary>Writes the record atomically.</summary>
    public void Write(string path) => AtomicFile.WriteAllBytes(path, [.. JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Indented), (byte)'\n']);

    /// <summary>Reads a record; null: there is none.</summary>
    /// <exception cref="InvalidInputException">It is garbled.</exception>
    public static NeighborRecord? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<NeighborRecord>(File.ReadAllBytes(path), ReportJson.Indented) ?? throw new JsonException("It is null.");
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", "Remove it: 'distembed neighbors' shows the same."), garbled);
        }
    }
}
