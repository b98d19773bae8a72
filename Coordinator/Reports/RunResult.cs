using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Reports;

/// <summary>How a run ended; goes with the exit code.</summary>
public enum RunStatus
{
    /// <summary>Training is done.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was told to stop and left a checkpoint to resume from.</summary>
    Interrupted,
}

/// <summary>What a run came to: <c>result.json</c>.</summary>
public sealed record RunResult
{
    /// <summary>How the run ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>Passes over the training data, parts of one included.</summary>
    public required double Epochs { get; init; }

    /// <summary>Seconds of training, over every process that took part one after the other.</summary>
    public required double Seconds { get; init; }

    /// <summary>Training examples a second.</summary>
    public required double ExamplesPerSecond { get; init; }

    /// <summary>Words trained on a second; cells, where the model is glove.</summary>
    public required double WordsPerSecond { get; init; }

    /// <summary>The step whose weights were tested and are exported: the best on dev where they are kept, else the last.</summary>
    public required int WeightsStep { get; init; }

    /// <summary>Evaluation on the dev part; null: there is none.</summary>
    public PartResult? Dev { get; init; }

    /// <summary>Evaluation on the test part; null: there is none.</summary>
    public PartResult? Test { get; init; }

    /// <summary>SHA-256 over all tables, rows and optimizer state, in canonical order: the same for any sharding.</summary>
    public required string TableHash { get; init; }

    /// <summary>The hash of each table by its name.</summary>
    public required IReadOnlyDictionary<string, string> Tables { get; init; }

    /// <summary>Rows that workers pulled to train. What they read to evaluate is in none of these numbers.</summary>
    public required long RowsPulled { get; init; }

    /// <summary>Rows that workers pushed.</summary>
    public required long RowsPushed { get; init; }

    /// <summary>Bytes of the rows pulled.</summary>
    public required long BytesPulled { get; init; }

    /// <summary>Bytes of the rows pushed.</summary>
    public required long BytesPushed { get; init; }

    /// <summary>Rows that workers needed to train and had, so that they were not pulled.</summary>
    public long RowsKept { get; init; }

    /// <summary>Bytes of those rows.</summary>
    public long BytesKept { get; init; }

    /// <summary>What became of every push.</summary>
    public required PushCounts Pushes { get; init; }

    /// <summary>What came from the vector file; null: there was none.</summary>
    public VectorCounts? Vectors { get; init; }

    /// <summary>The result of each stage by its name; null: a run of one stage.</summary>
    public IReadOnlyDictionary<string, RunResult>? Stages { get; init; }

    /// <summary>Writes the result atomically.</summary>
    public void Write(string path) => AtomicFile.WriteAllBytes(path, [.. JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Indented), (byte)'\n']);

    /// <summary>Reads a result.</summary>
    /// <exception cref="InvalidInputException">It is garbled.</exception>
    public static RunResult Read(string path)
    {
        return Of(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads the content of a result's file.</summary>
    /// <param name="content">The content.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="InvalidInputException">It is garbled.</exception>
    public static RunResult Of(byte[] content, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RunResult>(content, ReportJson.Indented) ?? throw new JsonException("It is null.");
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", "Remove it: a resumed run writes it again."), garbled);
        }
    }
}

/// <summary>An evaluation on one part of the data.</summary>
/// <param name="Scores">Values of the model's measures: of a classifier its accuracy.</param>
/// <param name="Loss">Mean loss, natural logarithm.</param>
/// <param name="Examples">Examples of the part.</param>
[JsonConverter(typeof(PartResultJson))]
public sealed record PartResult(Scores Scores, double Loss, int Examples)
{
    /// <summary>The value of the measure that decides; higher is better.</summary>
    public double Main => Scores.Main;

    /// <summary>Standard error over examples of a share of them; null: the measure that decides is none.</summary>
    public double? StandardError => Scores.MainName == Scores.Accuracy ? Math.Sqrt(Main * (1 - Main) / Math.Max(1, Examples)) : null;

    /// <summary>The value that decides, with its standard error where it has one.</summary>
    /// <param name="decimals">Decimals of percentages.</param>
    public string Text(int decimals) => Scores.MainText(decimals)
        + (StandardError is { } error ? " ± " + (100 * error).ToString($"F{decimals}", CultureInfo.InvariantCulture) : "");
}

/// <summary>Pushes: sent is applied plus the sum of rejected.</summary>
/// <param name="Sent">Sent by workers.</param>
/// <param name="Applied">Applied by shards, each once.</param>
/// <param name="Rejected">Rejected, by reason.</param>
public sealed record PushCounts(long Sent, long Applied, IReadOnlyDictionary<string, long> Rejected);

/// <summary>Where the embedding's first values came from, in words of the vocabulary.</summary>
/// <param name="Source">The vector file, or <c>stage:NAME</c>.</param>
/// <param name="Words">Words of the vocabulary.</param>
/// <param name="Found">Words with a vector of their own.</param>
/// <param name="FoundLowerCase">Words that took the vector of their lower-case form.</param>
/// <param name="Missing">Words without a vector.</param>
public sealed record VectorCounts(string Source, int Words, int Found, int FoundLowerCase, int Missing);
