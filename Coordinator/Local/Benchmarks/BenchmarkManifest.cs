using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local.Benchmarks;

/// <summary>Which vectors the directory of a benchmark has results of: <c>benchmark.json</c>. A later benchmark in the same directory may add vectors, tasks and seeds.</summary>
public sealed record BenchmarkManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "benchmark.json";

    private const string Option = "--out";

    private const int CurrentVersion = 1;

    /// <summary>Version of the format.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The vectors, by name.</summary>
    public IReadOnlyList<BenchmarkVectors> Vectors { get; init; } = [];

    /// <summary>The manifest of a directory; of one that is not there, or empty, an empty one.</summary>
    /// <exception cref="InvalidInputException">The directory holds something else, or the file cannot be read.</exception>
    public static BenchmarkManifest Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return !File.Exists(directory) && !(Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any()) ? new BenchmarkManifest()
                : throw new InvalidInputException(directory, $"is no benchmark's directory: it has no {FileName}, and is not empty.", $"Choose another {Option}.");
        }

        try
        {
            BenchmarkManifest manifest = JsonSerializer.Deserialize<BenchmarkManifest>(File.ReadAllBytes(path), JobJson.Options) ?? throw new JsonException("It is null.");
            return manifest.Version == CurrentVersion ? manifest : throw new JsonException($"it has version {manifest.Version}, and this program reads version {CurrentVersion}.");
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", $"Put the file back as it was, or choose another {Option}."), garbled);
        }
    }

    /// <summary>The manifest with further vectors.</summary>
    /// <param name="vectors">The vectors that are measured now.</param>
    /// <param name="errors">Takes an error for each whose name stands for other vectors here.</param>
    public BenchmarkManifest With(IReadOnlyList<BenchmarkVectors> vectors, List<InputError> errors)
    {
        foreach (BenchmarkVectors given in vectors)
        {
            if (Vectors.FirstOrDefault(known => string.Equals(known.Name, given.Name, StringComparison.OrdinalIgnoreCase)) is { } before && before != given)
            {
                errors.Add(new InputError(given.Path ?? given.Name, before.Path == given.Path ? $"has changed since `{given.Name}` was measured." : $"is not the file that `{given.Name}` stands for here: that is {before.Path}.",
                    $"Give it a name of its own, NAME=FILE, or choose another {Option}."));
            }
        }

        return this with { Vectors = [.. Vectors.Concat(vectors).DistinctBy(each => each.Name, StringComparer.OrdinalIgnoreCase).OrderBy(each => each.Name, StringComparer.Ordinal)] };
    }

    /// <summary>Writes the manifest, whole or not at all.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(string directory) => AtomicFile.WriteAllBytes(Path.Combine(directory, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, JobJson.Options), (byte)'\n']);
}
