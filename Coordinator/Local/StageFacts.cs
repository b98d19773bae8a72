using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// What a stage found in its data and vectors, kept as <c>stage.json</c>: enough to read its checkpoints without the data, and to notice that the data changed.
/// </summary>
/// <param name="DataFingerprint">SHA-256 over vocabulary, labels and encoded examples.</param>
/// <param name="Labels">Names of the labels.</param>
/// <param name="StepsPerEpoch">Steps of an epoch.</param>
/// <param name="TotalSteps">Steps of the run.</param>
/// <param name="Dimension">Numbers a word vector.</param>
/// <param name="EmbeddingRange">Half width of the uniform distribution of rows without a vector; null: the model's own.</param>
public sealed record StageFacts(
    string DataFingerprint, IReadOnlyList<string> Labels, int StepsPerEpoch, int TotalSteps, int Dimension, float? EmbeddingRange)
{
    /// <summary>Names of what annotations refer to beside the labels.</summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>
    /// SHA-256 over labels and examples, and the words of the train part: equal for stages that differ in which words of dev and test have a vector. Null in runs from before there
    /// was one.
    /// </summary>
    public string? Examples { get; init; }

    /// <summary>SHA-256 of the file of row classes beside this one (<see cref="RowClassesFile"/>); null: the job has no row selectors.</summary>
    public string? RowClasses { get; init; }

    /// <summary>
    /// The files that the job names as they were when the stage began; empty in runs from before they were kept.
    /// </summary>
    public IReadOnlyList<InputFile> Files { get; init; } = [];

    /// <summary>Fingerprints of the shorter jobs that the run was made longer from; checkpoints of theirs are good.</summary>
    public IReadOnlyList<string> Shorter { get; init; } = [];

    /// <summary>Name of the file.</summary>
    public const string FileName = "stage.json";

    /// <summary>The fingerprint of prepared data. Data without symbols and annotations have the one that they had before there were any.</summary>
    public static string FingerprintOf(PreparedData data) => HashOf(data, row => true, part => true);

    /// <summary>The fingerprint of <see cref="Examples"/>.</summary>
    public static string ExamplesOf(PreparedData data) => HashOf(data, row => data.Vocabulary.Count(row) > 0, part => part == data.Train);

    /// <summary>Hashes the rows of the vocabulary, and the tokens of the parts, that are asked for; of other tokens their number.</summary>
    private static string HashOf(PreparedData data, Func<int, bool> takesRow, Func<ExampleSet, bool> takesTokens)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int row in Enumerable.Range(0, data.Vocabulary.Rows).Where(takesRow))
            hash.AppendData(Encoding.UTF8.GetBytes($"{data.Vocabulary.Word(row)}\t{data.Vocabulary.Count(row)}\n"));
        foreach (string label in data.Labels)
            hash.AppendData(Encoding.UTF8.GetBytes($"{label}\n"));
        foreach (string symbol in data.Symbols)
            hash.AppendData(Encoding.UTF8.GetBytes($"{symbol}\n"));
        foreach (ExampleSet? part in new[] { data.Train, data.Dev, data.Test })
        {
            hash.AppendData(BitConverter.GetBytes(part?.Count ?? -1));
            for (int example = 0; example < (part?.Count ?? 0); example++)
            {
                hash.AppendData(BitConverter.GetBytes(part!.Label(example)));
                hash.AppendData(takesTokens(part) ? System.Runtime.InteropServices.MemoryMarshal.AsBytes(part.Tokens(example)) : BitConverter.GetBytes(part.Tokens(example).Length));
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(part.Annotations(example)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The name that row classes go by in the facts; null: there are none.</summary>
    public static string? NameOf(RowClasses? classes) => classes is null ? null : ArtifactName.Of(RowClassesFile.Bytes(classes));

    /// <summary>Writes the facts into a run directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="classes">The row classes, which are written beside them; null: none.</param>
    public void Write(RunDirectory directory, RowClasses? classes)
    {
        if (classes is not null)
            RowClassesFile.Write(directory.RowClassesPath, classes);
        AtomicFile.WriteAllBytes(Path.Combine(directory.Path, FileName), JsonSerializer.SerializeToUtf8Bytes(this, JobJson.Options));
    }

    /// <summary>Reads the row classes of the run directory that the facts are of; null where its job has no row selectors.</summary>
    /// <exception cref="InvalidInputException">Their file is missing, or not the one that was written.</exception>
    public RowClasses? ReadClasses(RunDirectory directory)
    {
        if (RowClasses is null)
            return null;
        string path = directory.RowClassesPath;
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            return ArtifactName.Of(bytes) == RowClasses
                ? RowClassesFile.Read(bytes, path)
                : throw new InvalidInputException(path, "is not the file that the run wrote: its SHA-256 differs from the one in stage.json.", "Put the file back as it was, or train again.");
        }
        catch (FileNotFoundException missing)
        {
            throw new InvalidInputException(new InputError(path, "is missing: it says which rows the job's selectors meet.", "Put the file back as it was, or train again."), missing);
        }
    }

    /// <summary>Reads the facts of a run directory.</summary>
    /// <exception cref="InvalidInputException">There are none: nothing was trained there.</exception>
    public static StageFacts Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            throw new InvalidInputException(path, "is missing: no training has started in this directory.", "Name the directory of a run, or of a stage of it (DIR/stages/NAME).");
        try
        {
            return JsonSerializer.Deserialize<StageFacts>(File.ReadAllBytes(path), JobJson.Options) ?? throw new JsonException("It is null.");
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", "Put the file back as it was, or train again."), garbled);
        }
    }
}
