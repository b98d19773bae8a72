using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Reports;

/// <summary>
/// What a stage's weights show, <c>analysis.json</c>: counted once, when the stage ends and its data and first vectors are at hand, so that its report needs neither
/// again.
/// </summary>
/// <param name="Step">The step whose weights were looked at.</param>
/// <param name="TableHash">The result's table hash: a stage that went on since has another.</param>
/// <param name="Moved">The words that moved most, the farthest first; empty: none moved.</param>
/// <param name="MapShare">Share of the variance of <paramref name="Moved"/> that its plane shows, 0 to 1.</param>
/// <param name="Frozen">Words whose vector has the bits that it started with.</param>
public sealed record StageAnalysis(int Step, string TableHash, IReadOnlyList<MovedWord> Moved, double MapShare, int Frozen)
{
    /// <summary>Which labels of the test part were taken for which; null: there is no test part, or there are no labels.</summary>
    public ConfusionCounts? Confusion { get; init; }

    /// <summary>What dev and test part have of words that training never touched; null: there are no labels, or the model never changes its vectors.</summary>
    public IReadOnlyList<UnseenPart>? Unseen { get; init; }

    /// <summary>Writes it atomically.</summary>
    public void Write(string path) => AtomicFile.WriteAllBytes(path, [.. JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Indented), (byte)'\n']);

    /// <summary>Reads what <see cref="Write"/> wrote; null where there is no file.</summary>
    /// <exception cref="InvalidInputException">It is garbled.</exception>
    public static StageAnalysis? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            StageAnalysis read = JsonSerializer.Deserialize<StageAnalysis>(File.ReadAllBytes(path), s_strict) ?? throw new JsonException("It is null.");
            return read.Confusion is null || read.Confusion.IsSquare ? read : throw new JsonException("Its confusions are no square of counts.");
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", "Remove it: the report then looks at the weights again."), garbled);
        }
    }

    private static readonly JsonSerializerOptions s_strict = new(ReportJson.Indented) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };
}

/// <summary>How often examples of each label were given each label.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Counts">Counts by true label, then by predicted label.</param>
public sealed record ConfusionCounts(IReadOnlyList<string> Labels, IReadOnlyList<IReadOnlyList<int>> Counts)
{
    /// <summary>Whether there is a count for every pair of labels.</summary>
    internal bool IsSquare => Counts.Count == Labels.Count && Counts.All(row => row.Count == Labels.Count && row.All(count => count >= 0));
}

/// <summary>A word that training moved.</summary>
/// <param name="Word">The word.</param>
/// <param name="Count">How often the data have it.</param>
/// <param name="Distance">Euclidean distance of its vector from where it started.</param>
/// <param name="Cosine">Cosine of the two; 0 where one is zero.</param>
/// <param name="Before">Where it started, in the plane of all of them.</param>
/// <param name="After">Where it ended.</param>
public sealed record MovedWord(string Word, long Count, double Distance, double Cosine, MapPlace Before, MapPlace After);

/// <summary>A place in the plane of the words that moved most.</summary>
/// <param name="X">Along the first principal component.</param>
/// <param name="Y">Along the second.</param>
public sealed record MapPlace(double X, double Y);
