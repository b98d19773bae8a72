using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistEmbed.Protocol;
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
    /// <summary>Name of the file.</summary>
    public const string FileName = "stage.json";

    /// <summary>The fingerprint of prepared data.</summary>
    public static string FingerprintOf(PreparedData data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int row = 0; row < data.Vocabulary.Rows; row++)
            hash.AppendData(Encoding.UTF8.GetBytes($"{data.Vocabulary.Word(row)}\t{data.Vocabulary.Count(row)}\n"));
        foreach (string label in data.Labels)
            hash.AppendData(Encoding.UTF8.GetBytes($"{label}\n"));
        foreach (ExampleSet? part in new[] { data.Train, data.Dev, data.Test })
        {
            hash.AppendData(BitConverter.GetBytes(part?.Count ?? -1));
            for (int example = 0; example < (part?.Count ?? 0); example++)
            {
                hash.AppendData(BitConverter.GetBytes(part!.Label(example)));
                hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(part.Tokens(example)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Writes the facts into a run directory.</summary>
    public void Write(string directory) =>
        AtomicFile.WriteAllBytes(Path.Combine(directory, FileName), JsonSerializer.SerializeToUtf8Bytes(this, JobJson.Options));

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
