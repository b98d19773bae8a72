using System.Text;
using System.Text.Json;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Reports;

/// <summary>
/// A file of a JSON object a line, by rising steps, appended and handed to the system line by line, so that a reader sees it grow and a crash loses nothing that
/// was logged. Other programs may read it at any time.
/// </summary>
/// <typeparam name="T">A line.</typeparam>
public sealed class StepLog<T> : IDisposable
    where T : class, IStepRecord
{
    private readonly FileStream _stream;
    private int _lastStep;

    private StepLog(FileStream stream, int lastStep) => (_stream, _lastStep) = (stream, lastStep);

    /// <summary>The step of the last line; -1: there is none.</summary>
    public int LastStep => _lastStep;

    /// <summary>Starts the file of a new run; one already there is replaced.</summary>
    internal static StepLog<T> Create(string path) =>
        new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0), -1);

    /// <summary>
    /// Goes on with the file of a run resumed after <paramref name="step"/>: lines of later steps, and a last line that was not finished, are cut off, so that the
    /// resumed run's lines are not there twice. A file that is missing is started.
    /// </summary>
    /// <exception cref="InvalidInputException">A line before that is not one of this log's.</exception>
    internal static StepLog<T> Resume(string path, int step)
    {
        (long keep, int lastStep) = File.Exists(path) ? Kept(path, step) : (0, -1);
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        stream.SetLength(keep);
        stream.Seek(0, SeekOrigin.End);
        return new StepLog<T>(stream, lastStep);
    }

    /// <summary>Reads every line of a log.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    internal static IReadOnlyList<T> Read(string path)
    {
        var records = new List<T>();
        foreach (string line in File.ReadLines(path))
            records.Add(Parse(path, records.Count + 1, line));
        return records;
    }

    /// <summary>Reads every finished line of a log that may grow meanwhile; none where there is no file.</summary>
    /// <exception cref="InvalidInputException">A line is not one of this log's.</exception>
    internal static IReadOnlyList<T> ReadFinished(string path)
    {
        if (!File.Exists(path))
            return [];
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        string[] lines = reader.ReadToEnd().Split('\n');
        return [.. lines.Take(lines.Length - 1).Select((line, i) => Parse(path, i + 1, line))];
    }

    /// <summary>Appends a line. Steps do not fall.</summary>
    public void Append(T record)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(record.Step, _lastStep, nameof(record));
        // One write a line: a reader never sees half of one that is done.
        _stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(record, ReportJson.OneLine), (byte)'\n']);
        _lastStep = record.Step;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>How many bytes of the file are finished lines of steps up to <paramref name="step"/>, and the last of those steps.</summary>
    private static (long Bytes, int LastStep) Kept(string path, int step)
    {
        using FileStream stream = File.OpenRead(path);
        long keep = 0;
        int lastStep = -1, number = 0;
        var line = new List<byte>();
        for (int b = stream.ReadByte(); b >= 0; b = stream.ReadByte())
        {
            if (b != '\n')
            {
                line.Add((byte)b);
                continue;
            }

            T record = Parse(path, ++number, Encoding.UTF8.GetString([.. line]));
            if (record.Step > step)
                break;
            lastStep = record.Step;
            keep += line.Count + 1;
            line.Clear();
        }

        return (keep, lastStep);
    }

    private static T Parse(string path, int number, string line)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, ReportJson.OneLine) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(
                new InputError($"{path}:{number}", $"not a line of {Path.GetFileNameWithoutExtension(path)}: {e.Message}", "Remove the line, or move the file away: a new one is started."), e);
        }
    }
}
