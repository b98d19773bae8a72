using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports;

/// <summary>What a line of changes.jsonl tells.</summary>
public enum ChangeKind
{
    /// <summary>A group of tables is changed from the step on, or a phase begins with it.</summary>
    Changed,

    /// <summary>Nothing is granted from the step on.</summary>
    Paused,

    /// <summary>The run goes on with the step.</summary>
    Resumed,

    /// <summary>A checkpoint was asked for, at the end of the step.</summary>
    CheckpointAsked,

    /// <summary>A worker is granted nothing from the step on, or the shards of a server go elsewhere after it.</summary>
    DrainAsked,

    /// <summary>The run was told to end after the step.</summary>
    StopAsked,

    /// <summary>The run was taken back to the step on purpose: changes of later steps that stand before this line are not made again.</summary>
    WentBack,

    /// <summary>An attempt at the stage was lost with a server; the next one goes on from the step.</summary>
    AttemptLost,
}

/// <summary>A line of changes.jsonl.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Step">The step that it is about.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Who">Who asked for it; null: a signal to the process, or <c>--from-step</c>.</param>
public sealed record ChangeRecord(ChangeKind Kind, int Step, DateTimeOffset At, string? Who = null)
{
    /// <summary>The group that is changed.</summary>
    public string? Group { get; init; }

    /// <summary>Whether it is frozen from then on.</summary>
    public bool? Frozen { get; init; }

    /// <summary>Its base learning rate from then on.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The phase that begins, from 0.</summary>
    public int? BeginsPhase { get; init; }

    /// <summary>The worker that is drained.</summary>
    public string? Worker { get; init; }

    /// <summary>The server that is drained.</summary>
    public string? Server { get; init; }

    /// <summary>Why an attempt was lost.</summary>
    public string? Reason { get; init; }
}

/// <summary>
/// The file changes.jsonl: what was asked of a run while it trained, a JSON object a line, only ever appended and on disk when it is written. A run that goes on makes
/// its changes again at their steps, those after its last checkpoint too. There is no file before the first line.
/// </summary>
/// <param name="path">The file.</param>
public sealed class ChangesLog(string path) : IDisposable
{
    private FileStream? _stream;

    /// <summary>Appends a line.</summary>
    /// <exception cref="IOException">The disk refuses it.</exception>
    public void Append(ChangeRecord record)
    {
        _stream ??= Open(path);
        _stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(record, ReportJson.OneLine), (byte)'\n']);
        _stream.Flush(flushToDisk: true);
    }

    /// <summary>The changes that a run that goes on has to make, in the order in which they were asked for. A last line that was not finished does not count.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<PlanChange> Read(string path)
    {
        return File.Exists(path) ? Parse(File.ReadAllText(path), path) : [];
    }

    /// <summary>Every finished line, in order; none where there is no file.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<ChangeRecord> ReadAll(string path) => File.Exists(path) ? [.. Lines(File.ReadAllText(path), path)] : [];

    /// <summary>The changes of a log's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">What errors call it.</param>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    public static IReadOnlyList<PlanChange> Parse(string text, string path)
    {
        var changes = new List<PlanChange>();
        foreach (ChangeRecord record in Lines(text, path))
        {
            if (record.Kind == ChangeKind.WentBack)
                changes.RemoveAll(c => c.Step > record.Step);
            else if (record is { Kind: ChangeKind.Changed, BeginsPhase: { } phase })
                changes.Add(new PlanChange(record.Step, "", null, null, record.Who ?? "", record.At) { BeginsPhase = phase });
            else if (record is { Kind: ChangeKind.Changed, Group: { } group })
                changes.Add(new PlanChange(record.Step, group, record.Frozen, record.LearningRate, record.Who ?? "", record.At));
        }

        return changes;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private static IEnumerable<ChangeRecord> Lines(string text, string path)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
            yield return Parse(path, i + 1, lines[i]);
    }

    private static FileStream Open(string path)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        // A line that a crash cut off was never acted upon by whoever reads the log: the next one takes its place.
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        stream.SetLength(bytes.AsSpan().LastIndexOf((byte)'\n') + 1);
        stream.Seek(0, SeekOrigin.End);
        return stream;
    }

    private static ChangeRecord Parse(string path, int number, string line)
    {
        try
        {
            return JsonSerializer.Deserialize<ChangeRecord>(line, ReportJson.OneLine) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(
                new InputError($"{path}:{number}", $"not a line of changes: {e.Message}", "Remove the line: the change that it told of is then not made again."), e);
        }
    }
}
